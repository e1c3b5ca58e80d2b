//! A page that takes long to read does not hold up the others.
#![cfg(test)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use common::http::{Gate, Reply};
use common::run::Crawld;
use common::site::Pages;

const LONG: Duration = Duration::from_mins(1);
/// Other pages: enough to last until the heavy one has been read.
const LEAVES: usize = 2_000;

/// HTML of five megabytes, made of tags and little else, whose first link is `/after`.
fn heavy() -> String {
    let mut html = String::from("<a href=/after>after</a>");
    let mut n = 0;
    while html.len() < 5 << 20 {
        write!(html, "<div class=\"row\" id='n{n}'><p><b>{n}</b> &amp; <i>more</i></div>").unwrap();
        n += 1;
    }
    html
}

#[test]
fn while_five_megabytes_are_read_on_the_only_thread_other_pages_are_asked_all_the_time() {
    let gate = Gate::new();
    let large = Pages::new()
        .reply("/", Reply::html(heavy()).after(&gate))
        .page("/after", "known only when all of it has been read")
        .open();
    let leaves: Vec<_> = (0..LEAVES).map(|n| format!("/{n}")).collect();
    let leaves: Vec<_> = leaves.iter().map(String::as_str).collect();
    let others = Pages::new().links("/", &leaves).otherwise(|_| Reply::html("x"));
    let others = others.open_at("127.0.0.2:0");
    let crawld = Crawld::new();
    fs::write(crawld.path().join("one.toml"), "[daemon]\nthreads = 1\n").unwrap();
    let roots = [&*large.at("/"), &*others.at("/")];
    let options = ["--config", "one.toml", "--delay", "0ms", "--no-robots", "--quiet"];
    let running = crawld.spawn(&[&["crawl"], &roots[..], &options].concat());
    let moving = others.wait_for(100, LONG);
    let from = large.micros();
    gate.open();
    let finished = running.finish();
    assert!(moving && finished.code == Some(0), "{finished:#?}");
    let to = large.log().iter().find(|request| request.path == "/after").unwrap().at_micros;
    let clocks = large.micros() - others.micros();
    let mut moments: Vec<i64> = others.log().iter().map(|r| r.at_micros + clocks).collect();
    assert!(moments.last() > Some(&to), "there were too few other pages to tell");
    moments.retain(|moment| (from..to).contains(moment));
    println!("{} other requests in {} ms of reading", moments.len(), (to - from) / 1000);
    assert!(moments.len() >= 10, "{}", moments.len());
    // Their rests are a small part of the whole: the page was read in pieces between them.
    moments.insert(0, from);
    moments.push(to);
    let longest = moments.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest * 4 < to - from, "{longest} of {} µs without a request", to - from);
}
