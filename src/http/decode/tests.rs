use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn br(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::CompressorWriter::new(&mut out, 4096, 5, 22).write_all(data).unwrap();
    out
}

fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(data, 3).unwrap()
}

/// Text that compresses, but not to nothing.
fn text() -> Vec<u8> {
    (0..40_000u32)
        .flat_map(|n| format!("line {} of it\n", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect()
}

/// What comes out when the input comes in pieces of this size.
fn decode(codings: &str, input: &[u8], size: usize) -> Result<Vec<u8>, Reason> {
    let mut out = Vec::new();
    let mut run = || {
        let mut decoder = Decoder::new([codings].into_iter(), u64::MAX)?;
        for piece in input.chunks(size) {
            let flow = decoder.push(piece, &mut |decoded| {
                assert!(decoded.len() <= PIECE);
                out.extend_from_slice(decoded);
                ControlFlow::Continue(())
            })?;
            assert_eq!(flow, ControlFlow::Continue(()));
        }
        decoder.finish()
    };
    run().map_err(|error: FetchError| error.reason)?;
    Ok(out)
}

/// Every coding with an encoded text.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let text = text();
    vec![
        ("gzip", gzip(&text)),
        ("X-GZip", gzip(&text)),
        ("deflate", zlib(&text)),
        ("deflate", raw_deflate(&text)),
        ("br", br(&text)),
        ("zstd", zstd(&text)),
        ("gzip, br", br(&gzip(&text))),
        ("identity, deflate , gzip", gzip(&zlib(&text))),
    ]
}

#[test]
fn every_coding_gives_back_the_text_whatever_the_pieces() {
    let text = text();
    for (name, encoded) in samples() {
        for size in [1, 7, 1000, usize::MAX] {
            assert!(decode(name, &encoded, size).as_ref() == Ok(&text), "{name} {size}");
        }
    }
}

#[test]
fn a_stream_cut_anywhere_is_truncated() {
    for (name, encoded) in samples() {
        for cut in [1, 2, encoded.len() / 2, encoded.len() - 1] {
            let result = decode(name, encoded.get(..cut).unwrap(), 1000);
            assert_eq!(result, Err(Reason::Truncated), "{name} {cut}");
        }
    }
}

#[test]
fn no_bytes_at_all_are_an_empty_body() {
    for (name, _) in samples() {
        assert_eq!(decode(name, b"", 1), Ok(vec![]), "{name}");
    }
}

#[test]
fn an_empty_text_is_empty() {
    for (name, encoded) in
        [("gzip", gzip(b"")), ("deflate", zlib(b"")), ("br", br(b"")), ("zstd", zstd(b""))]
    {
        assert_eq!(decode(name, &encoded, 1), Ok(vec![]), "{name}");
    }
}

#[test]
fn several_members_are_one_text_and_what_follows_them_is_ignored() {
    let mut encoded = [gzip(b"one "), gzip(b"two "), gzip(b"three")].concat();
    assert_eq!(decode("gzip", &encoded, 3), Ok(b"one two three".to_vec()));
    encoded.extend_from_slice(&[0; 100]);
    assert_eq!(decode("gzip", &encoded, 3), Ok(b"one two three".to_vec()));
    let frames = [zstd(b"one "), zstd(b"two")].concat();
    assert_eq!(decode("zstd", &frames, 3), Ok(b"one two".to_vec()));
}

#[test]
fn a_gzip_header_may_have_every_optional_field() {
    let mut encoded = vec![0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 255];
    encoded.extend_from_slice(b"\x03\x00abcname\0comment\0cc");
    encoded.extend_from_slice(gzip(b"text").get(10..).unwrap());
    assert_eq!(decode("gzip", &encoded, 1), Ok(b"text".to_vec()));
}

#[test]
fn corrupt_input_is_bad_encoding() {
    for (name, mut encoded) in samples() {
        let middle = encoded.len() / 2;
        for byte in encoded.get_mut(middle..middle + 40).unwrap() {
            *byte = !*byte;
        }
        let result = decode(name, &encoded, 1000);
        let raw = name == "deflate";
        assert!(result == Err(Reason::BadEncoding) || raw, "{name} {:?}", result.err());
        assert_eq!(decode(name, b"<html> no such thing", 1000), Err(Reason::BadEncoding), "{name}");
    }
    let mut wrong_sum = gzip(b"text");
    *wrong_sum.iter_mut().nth_back(5).unwrap() ^= 1;
    assert_eq!(decode("gzip", &wrong_sum, 1000), Err(Reason::BadEncoding));
}

#[test]
fn unknown_and_too_many_codings_are_refused() {
    assert_eq!(decode("compress", b"x", 1), Err(Reason::BadEncoding));
    assert_eq!(decode("gzip,gzip,gzip,gzip,gzip", b"x", 1), Err(Reason::BadEncoding));
    assert!(Decoder::new(["identity", ""].into_iter(), 0).unwrap().is_identity());
}

#[test]
fn the_receiver_can_stop_a_bomb_after_any_piece() {
    let zeros = vec![0; 32 << 20];
    let bombs = [("gzip", gzip(&zeros)), ("br", br(&zeros)), ("zstd", zstd(&zeros))];
    for (name, bomb) in bombs {
        let mut decoder = Decoder::new([name].into_iter(), u64::MAX).unwrap();
        let mut got = 0;
        let flow = decoder
            .push(&bomb, &mut |decoded| {
                got += decoded.len();
                if got > 200_000 {
                    ControlFlow::Break(Stop::Enough)
                } else {
                    ControlFlow::Continue(())
                }
            })
            .unwrap();
        assert_eq!(flow, ControlFlow::Break(Stop::Enough), "{name}");
        assert!(got <= 200_000 + PIECE, "{name} {got}");
    }
}

#[test]
fn a_bomb_inside_a_bomb_is_stopped_though_little_comes_out() {
    // Empty stored blocks: the inner stream grows without putting anything out.
    let mut inner = gzip(b"");
    inner.truncate(10);
    inner.extend([0, 0, 0, 0xff, 0xff].repeat(1 << 20));
    let mut decoder = Decoder::new(["gzip, gzip"].into_iter(), 100_000).unwrap();
    let flow = decoder.push(&gzip(&inner), &mut |_| ControlFlow::Continue(()));
    assert_eq!(flow, Ok(ControlFlow::Break(Stop::TooLarge)));
}

#[test]
fn a_zstd_window_over_eight_megabytes_is_refused() {
    let mut writer = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    writer.window_log(27).unwrap();
    writer.write_all(&text()).unwrap();
    let encoded = writer.finish().unwrap();
    assert_eq!(decode("zstd", &encoded, 1000), Err(Reason::BadEncoding));
}
