//! CPU per exchange of the client, beside plain awc: `http_cost URL COUNT IN_FLIGHT ours|awc`.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a measuring tool")]

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use crawld::clock::Clock;
use crawld::domain::request::Method;
use crawld::domain::url::CanonicalUrl;
use crawld::http::{BodyPlan, ClientOptions, Head, HttpClient, Limits, Request, Sink, Transport};
use futures_util::StreamExt;
use futures_util::future::join_all;

#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn head(&mut self, _: &Head) -> BodyPlan {
        BodyPlan::Read
    }

    fn chunk(&mut self, decoded: &[u8]) -> ControlFlow<()> {
        self.0 += decoded.len() as u64;
        ControlFlow::Continue(())
    }
}

/// User and system time of this process, in clock ticks of 10 ms.
fn ticks() -> (u64, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let mut fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11);
    let mut next = || fields.next().and_then(|text| text.parse().ok()).unwrap_or(0);
    (next(), next())
}

async fn ours(client: &HttpClient, url: &str, left: &Cell<u64>) -> u64 {
    let request = Request {
        method: Method::Get,
        payload: None,
        url: CanonicalUrl::parse(url).expect("a URL"),
        secrets: Vec::new(),
        headers: Arc::new(vec![
            ("User-Agent".into(), "crawld/0.1".into()),
            ("Accept".into(), "text/html,*/*;q=0.5".into()),
        ]),
        limits: Limits::default(),
        keep_alive: true,
        allow_private: true,
        capture: false,
        insecure: false,
        proxy: None,
    };
    let mut sink = Count::default();
    while left.get() > 0 {
        left.set(left.get() - 1);
        let done = client.exchange(&request, Box::new(|_| {}), &mut sink).await;
        done.result.expect("an answer");
    }
    sink.0
}

async fn plain(client: &awc::Client, url: &str, left: &Cell<u64>) -> u64 {
    let mut bytes = 0;
    while left.get() > 0 {
        left.set(left.get() - 1);
        let mut response = client.get(url).no_decompress().send().await.expect("an answer");
        while let Some(piece) = response.next().await {
            bytes += piece.expect("a piece").len() as u64;
        }
    }
    bytes
}

#[actix_rt::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, url, count, in_flight, which] = args.as_slice() else {
        println!("http_cost URL COUNT IN_FLIGHT ours|awc");
        return;
    };
    let count: u64 = count.parse().expect("a number");
    let in_flight: u64 = in_flight.parse().expect("a number");
    let clock = Clock::start();
    let left = Cell::new(count);
    let (begun, (user, system)) = (clock.micros(), ticks());
    let bytes: u64 = if which == "ours" {
        let client = HttpClient::new(clock, &ClientOptions::default()).expect("a client");
        join_all((0..in_flight).map(|_| ours(&client, url, &left))).await.iter().sum()
    } else {
        let client = awc::Client::builder().connector(awc::Connector::new().limit(0)).finish();
        join_all((0..in_flight).map(|_| plain(&client, url, &left))).await.iter().sum()
    };
    let (user_after, system_after) = ticks();
    let per = |ticks: u64| ticks * 10_000_000 / count;
    println!(
        "{which}: {} bytes each, {} /s, CPU ns each: user {} system {}",
        bytes / count,
        count * 1_000_000 / (clock.micros() - begun).unsigned_abs(),
        per(user_after - user),
        per(system_after - system),
    );
}
