//! Thousands of hosts cost no more open files than a few, and bombs no more memory than a page.
#![cfg(test)]

mod common;

use std::io::Write;
use std::time::Duration;

use common::http::{Gate, Reply};
use common::run::Crawld;
use common::site::Pages;
use flate2::{Compress, Compression, FlushCompress};

const LONG: Duration = Duration::from_mins(1);

/// Hosts to be asked, with so many open files.
fn size() -> (usize, u32) {
    // The whole of it: CRAWLD_TEST_HOSTS=5000.
    match std::env::var("CRAWLD_TEST_HOSTS").ok().and_then(|text| text.parse().ok()) {
        Some(hosts) => (hosts, 1024),
        None => (1_100, 200),
    }
}

#[test]
fn connections_to_thousands_of_hosts_do_not_use_up_the_open_files() {
    let (hosts, files) = size();
    // Every address of 127.0.0.0/8 is this machine.
    let site = Pages::new()
        .otherwise(move |request| {
            let port = request.host.rsplit(':').next().unwrap();
            if request.path != "/" || !request.host.starts_with("127.0.0.1:") {
                return Reply::html("leaf");
            }
            let links: Vec<String> = (0..hosts)
                .map(|n| format!("http://127.1.{}.{}:{port}/", n / 250, n % 250 + 1))
                .collect();
            Reply::links(&links.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .open_at("0.0.0.0:0");
    let root = format!("http://127.0.0.1:{}/", site.port());
    let crawld = Crawld::new().open_files(files);
    let more = ["--scope", "any", "--allow-private", "--delay", "0ms", "--quiet"];
    let finished = crawld.run(&[&["crawl", &root][..], &more[..]].concat());
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let pages = crawld.export("pages", &[]);
    assert_eq!(pages.len(), 1 + hosts);
    assert!(pages.iter().all(|page| page["state"] == "done" && page["tries"] == "1"));
    assert_eq!(site.requests(), 2 * (1 + hosts), "robots.txt and one page each");
}

/// 1 GB of zeros as 1 MB of gzip: the same block over and over, each without memory of the last.
fn gzip_bomb() -> Vec<u8> {
    let megabyte = vec![0; 1 << 20];
    let mut block = Vec::with_capacity(4096);
    let mut compress = Compress::new(Compression::best(), false);
    compress.compress_vec(&megabyte, &mut block, FlushCompress::Full).unwrap();
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bomb.extend(block.repeat(1024));
    bomb
}

fn zstd_bomb() -> Vec<u8> {
    let frame = zstd::stream::encode_all(&vec![0; 8 << 20][..], 3).unwrap();
    frame.repeat(128)
}

fn brotli_bomb() -> Vec<u8> {
    let mut bomb = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut bomb, 1 << 16, 5, 24);
    for _ in 0..256 {
        writer.write_all(&vec![0; 1 << 20]).unwrap();
    }
    drop(writer);
    bomb
}

#[test]
fn a_megabyte_that_unpacks_to_a_gigabyte_costs_little_memory_and_is_too_large() {
    let (before, after) = (Gate::new(), Gate::new());
    let bomb = |coding: &str, body: Vec<u8>| {
        Reply::body("text/html", body).header("Content-Encoding", coding).after(&before)
    };
    let site = Pages::new()
        .links("/", &["/gzip", "/twice", "/zstd", "/br", "/last"])
        .reply("/gzip", bomb("gzip", gzip_bomb()))
        .reply("/twice", bomb("gzip, x-gzip", gzip_of(&gzip_bomb())))
        .reply("/zstd", bomb("zstd", zstd_bomb()))
        .reply("/br", bomb("br", brotli_bomb()))
        .reply("/last", Reply::html("last").after(&after))
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let running = crawld.spawn(&["crawl", &root, "--delay", "0ms", "--no-robots", "--quiet"]);
    assert!(site.wait_for(2, LONG));
    let small = running.peak_memory().unwrap();
    before.open();
    assert!(site.wait_for(6, LONG), "{:?}", site.paths());
    let large = running.peak_memory().unwrap();
    after.open();
    assert_eq!(running.finish().code, Some(0));
    assert!(large - small < 32 << 10, "{} KiB more", large - small);
    println!("peak memory: {small} KiB before the bombs, {large} KiB after");
    let pages = crawld.export("pages", &[]);
    let bombs: Vec<_> = pages.iter().filter(|page| page["reason"] == "too_large").collect();
    assert_eq!(bombs.len(), 4, "{pages:#?}");
    assert!(bombs.iter().all(|page| page["state"] == "failed" && page["tries"] == "1"));
}

fn gzip_of(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}
