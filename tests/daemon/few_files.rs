//! A daemon that may open few files (`ulimit -n`) can be spoken to all the same.

use crate::common::http::{Gate, Reply};
use crate::common::site::Pages;
use crate::service::{Service, folder};

#[test]
fn a_daemon_with_few_files_answers_while_all_requests_that_may_be_are_under_way() {
    for (files, most) in [(64, 4_usize), (80, 12), (128, 36)] {
        let gate = Gate::new();
        let held = gate.clone();
        let site = Pages::new()
            .otherwise(move |request| {
                let page = Reply::links(&["/1", "/2", "/3"]);
                if request.path == "/2" { page.after(&held) } else { page }
            })
            .open_at("0.0.0.0:0");
        let roots: Vec<_> =
            (2..62).map(|n| format!("\"http://127.0.0.{n}:{}/\"", site.port())).collect();
        let configuration = format!(
            "[daemon]\nconcurrency = 100\nthreads = 2\n[http]\nper_address = 0\n\
             [politeness]\ndelay = \"0s\"\nrobots = false\n\
             [jobs.a]\nkind = \"crawl\"\nroots = [{}]\n",
            roots.join(", ")
        );
        let service = Service::start_in(folder(&configuration).open_files(files));
        service.until("a", "at its most", |_| site.hits("/2") == most);
        let status = service.crawld(0, &["status"]).stdout;
        assert!(status.contains(&format!("{most} of at most {most} in flight")), "{status}");
        gate.open();
        service.until_state("a", "done");
        assert_eq!(site.requests(), 60 * 4);
        let log = service.end().1.stderr;
        let told = format!("at most {most} requests in flight instead of 100");
        assert!(log.contains(&told) && !log.contains("Too many open files"), "{log}");
    }
}
