//! Content codings: bombs, lies and oddities.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use crate::case::End::{Done, Failed};
use crate::case::{Case, answer};

const HTML: &[u8] = b"<!doctype html><title>decoded</title>";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A gzip stream of `mebibytes` of zeros.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    (0..mebibytes).for_each(|_| encoder.write_all(&zeros).unwrap());
    encoder.finish().unwrap()
}

fn zlib() -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(HTML).unwrap();
    encoder.finish().unwrap()
}

fn bare() -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(HTML).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn cases() -> Vec<Case> {
    let coded = |path: &str, what, coding: &str, body: &[u8], end| {
        let headers = format!("Content-Type: text/html\r\nContent-Encoding: {coding}\r\n");
        let case = Case::new(path, what, vec![answer("200 OK", &headers, body)], end);
        if end == Done && !body.is_empty() { case.titled("decoded") } else { case }
    };
    let plain = gzip(HTML);
    let large = bomb(100);
    let nested = gzip(&large);
    let mut corrupt = plain.clone();
    let crc = corrupt.len() - 6;
    corrupt[crc] ^= 0xff;
    let twenty = ["gzip"; 20].join(", ");
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xb8, 0x01, 0x00, 0x00];
    let (large_end, bad) = (Failed("too_large"), Failed("bad_encoding"));
    let members = [gzip(&HTML[..20]), gzip(&HTML[20..])].concat();
    let cut = &plain[..plain.len() - 12];
    vec![
        coded("/coding/bomb", "sends a gzip bomb of 100 MiB", "gzip", &large, large_end),
        coded("/coding/nested", "sends a bomb within gzip", "gzip, gzip", &nested, large_end),
        coded("/coding/lie", "calls plain text gzip", "gzip", HTML, bad),
        coded("/coding/cut", "cuts the gzip stream off", "gzip", cut, Failed("truncated")),
        coded("/coding/corrupt", "has a wrong checksum", "gzip", &corrupt, bad),
        coded("/coding/unknown", "has an unknown coding", "snappy", HTML, bad),
        coded("/coding/twenty", "stacks 20 codings", &twenty, &plain, bad),
        coded("/coding/br", "sends garbage as br", "br", &[0xff; 400], bad),
        coded("/coding/zstd", "sends garbage as zstd", "zstd", HTML, bad),
        coded("/coding/window", "has a zstd window of 8 GiB", "zstd", &window, bad),
        coded("/coding/twice", "stacks two codings", "gzip, gzip", &gzip(&plain), Done),
        coded("/coding/members", "sends two gzip members", "x-gzip", &members, Done),
        coded("/coding/zlib", "sends deflate as zlib", "deflate", &zlib(), Done),
        coded("/coding/bare", "sends deflate without zlib", "deflate", &bare(), Done),
        coded("/coding/empty", "calls an empty body gzip", "gzip", b"", Done),
    ]
}
