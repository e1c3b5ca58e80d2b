//! The file names another socket than the daemon listens at: its clients find it all the same.

use crate::common::run::Finished;
use crate::crawl;
use crate::service::{Service, folder};

const JOB: &str = "http://127.0.0.1:1/";

fn at(socket: &str) -> String {
    format!("[control]\nsocket = \"{socket}\"\n{}", crawl("docs", JOB, ""))
}

fn refused(said: &Finished, old: &str, new: &str) {
    for part in ["control.socket", old, new, "systemctl restart crawld"] {
        assert!(said.stderr.contains(part), "{part}: {}", said.stderr);
    }
}

#[test]
fn a_reload_of_another_socket_is_refused_with_the_old_and_the_new_one() {
    let service = Service::start(&crawl("docs", JOB, ""));
    service.configure(&at("other.sock"));
    refused(&service.reload(1), "crawld.sock", "other.sock");
    let status = service.crawld(0, &["status"]).stdout;
    assert!(status.contains("reload      refused"), "{status}");
    service.end();
}

#[test]
fn so_it_is_where_the_daemon_listens_in_no_usual_place_and_a_crash_leaves_nothing_in_the_way() {
    let service = Service::begin(folder(&at("one.sock")));
    service.told("READY=1");
    service.configure(&at("two.sock"));
    refused(&service.reload(1), "one.sock", "two.sock");
    service.configure(&crawl("docs", JOB, ""));
    refused(&service.reload(1), "one.sock", "crawld.sock");
    // The link to a dead socket stays; the next daemon listens in that very place.
    let service = Service::start_in(service.kill());
    service.crawld(0, &["reload"]);
    service.configure(&at("one.sock"));
    let (crawld, _) = service.end();
    let service = Service::start_in(crawld);
    service.crawld(0, &["status"]);
    let (crawld, _) = service.end();
    for name in ["one.sock", "crawld.sock"] {
        let left = crawld.path().join(name).symlink_metadata();
        assert!(left.is_err(), "{name} is left: {left:?}");
    }
}
