//! What it costs to read a page of 8 kB with 30 links, by stage.
#![allow(missing_docs, reason = "criterion's macros document nothing")]

use std::fmt::Write;
use std::hint::black_box;

use crawld::domain::extract::{PageOptions, PageReader};
use crawld::domain::url::CanonicalUrl;
use criterion::{Criterion, criterion_group, criterion_main};
use sha2::{Digest, Sha256};

const TEXT: &str = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor \
                    <b>incididunt</b> ut labore et dolore magna aliqua.";

/// The four styles of reference, in turn.
fn reference(i: usize) -> String {
    match i % 4 {
        0 => format!("https://www.example.org/path/to/page-{i}.html"),
        1 => format!("/section/{i}/article-{i}"),
        2 => format!("rel/page{i}.html?x={i}&amp;y=2"),
        _ => format!("/docs/chapter{i}.html#part-{i}"),
    }
}

fn page(links: usize) -> String {
    let mut html = String::from(
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>A page &amp; more</title>\
         <meta name=description content='a page'><link rel=stylesheet href=/a.css>\
         <script src=/a.js></script></head><body><div id=main class='content main'>",
    );
    for i in 0..30 {
        write!(html, "<div class='item item-{i}'><h2>Heading {i}</h2><p class=\"text\">{TEXT}</p>")
            .unwrap_or_default();
        if i < links {
            let href = reference(i);
            write!(html, "<a class=\"link\" href=\"{href}\">Link <em>number</em> {i}</a>")
                .unwrap_or_default();
        }
        html.push_str("</div>\n");
    }
    html.push_str("</div></body></html>");
    html
}

fn benchmarks(c: &mut Criterion) {
    let Ok(url) = CanonicalUrl::parse("https://www.example.org/path/index.html") else {
        return;
    };
    let headers = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
    let undeclared = vec![("content-type".to_owned(), "text/html".to_owned())];
    let cyrillic = vec![("content-type".to_owned(), "text/html; charset=windows-1251".to_owned())];
    let full = page(30);
    let silent = PageOptions { link_text: false, ..PageOptions::default() };
    let read = |html: &str, headers: &[(String, String)], options: &PageOptions| {
        let mut reader = PageReader::new(&url, headers, options);
        reader.feed(html.as_bytes());
        black_box(reader.finish())
    };
    let linkless = page(0);
    c.bench_function("page, words of links", |b| {
        b.iter(|| read(&full, &headers, &PageOptions::default()));
    });
    c.bench_function("page", |b| b.iter(|| read(&full, &headers, &silent)));
    c.bench_function("page, charset in meta", |b| b.iter(|| read(&full, &undeclared, &silent)));
    c.bench_function("page, windows-1251", |b| b.iter(|| read(&full, &cyrillic, &silent)));
    c.bench_function("page without links", |b| b.iter(|| read(&linkless, &headers, &silent)));
    c.bench_function("only SHA-256", |b| b.iter(|| black_box(Sha256::digest(full.as_bytes()))));
    let references: Vec<_> = (0..30).map(reference).collect();
    c.bench_function("only join and key", |b| {
        b.iter(|| {
            for reference in &references {
                black_box(url.join(reference).map(|url| url.key()).ok());
            }
        });
    });
}

criterion_group!(extract, benchmarks);
criterion_main!(extract);
