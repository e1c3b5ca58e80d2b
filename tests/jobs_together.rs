//! Several jobs in one scheduler: they take turns on a host, keep one pace there, and each gets its
//! own result.
#![cfg(test)]

mod common;

use std::sync::Arc;

use common::http::Reply;
use common::site::Pages;
use common::together::Silent;
use crawld::domain::JobId;
use crawld::domain::job::JobSpec;
use crawld::order::Order;
use crawld::store::{Origin, Store};
use tempfile::TempDir;

fn order(name: &str, root: &str, delay_ms: i64) -> Order {
    let roots = vec![root.to_owned()];
    let user_agent = format!("{name}/1");
    let spec = JobSpec { roots, delay_ms, user_agent, robots: false, ..JobSpec::default() };
    Order { name: name.to_owned(), spec, again: false, origin: Origin::Cli }
}

/// Runs the jobs in one scheduler to their end; gives the store and their numbers.
fn together(orders: &[Order], folder: &TempDir) -> (Arc<Store>, Vec<JobId>) {
    let store = common::together::store(folder.path());
    let ids = common::together::together(&store, orders, None, Silent);
    (store, ids)
}

#[test]
fn two_jobs_on_one_host_take_turns_at_the_slower_pace() {
    let leaves: Vec<String> = (0..8).map(|n| format!("/{n}")).collect();
    let leaves: Vec<&str> = leaves.iter().map(String::as_str).collect();
    let site = Pages::new().links("/", &leaves).otherwise(|_| Reply::html("leaf")).open();
    let folder = tempfile::tempdir().unwrap();
    let root = site.at("/");
    let (store, ids) = together(&[order("slow", &root, 120), order("eager", &root, 0)], &folder);
    for id in ids {
        assert_eq!(store.pages_after(id, 0, 100).unwrap().len(), 9);
    }
    assert_eq!(site.requests(), 18, "each job has its own results");
    let log = site.log();
    let asked_by: Vec<&str> = log.iter().filter_map(|r| r.header("user-agent")).collect();
    let turns = asked_by.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(turns >= 8, "they take turns: {asked_by:?}");
    let both = asked_by.iter().rposition(|by| *by != asked_by[17]).unwrap();
    let gaps = log[..=both].windows(2).map(|pair| pair[1].at_micros - pair[0].at_micros);
    assert!(gaps.min().unwrap() >= 70_000, "while both have work the slower pace rules");
}

#[test]
fn two_jobs_on_one_host_have_two_jars() {
    let site = Pages::new()
        .route("/", |request| {
            let who = request.header("user-agent").unwrap();
            Reply::links(&["/a", "/b", "/c"]).header("Set-Cookie", &format!("who={who}"))
        })
        .otherwise(|_| Reply::html("leaf"))
        .open();
    let folder = tempfile::tempdir().unwrap();
    let root = site.at("/");
    let (store, ids) = together(&[order("one", &root, 0), order("two", &root, 0)], &folder);
    for request in site.log().iter().filter(|request| request.path != "/") {
        let who = format!("who={}", request.header("user-agent").unwrap());
        assert_eq!(request.header("cookie"), Some(who.as_str()));
    }
    assert_eq!(site.requests(), 8);
    assert!(ids.iter().all(|id| store.cookies(*id).unwrap().len() == 1));
}
