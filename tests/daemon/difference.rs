//! `crawld check --diff`: what a reload would do, before it is done.

use std::time::Duration;

use crate::service::Service;
use crate::{crawl, star};

#[test]
fn what_differs_from_the_running_daemon_is_told_before_a_reload() {
    let site = star(4).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"60s\""));
    assert!(site.wait_for(1, Duration::from_mins(1)));
    let told = service.crawld(0, &["check", "--diff"]).stdout;
    assert_eq!(told, "no changes\n");
    let changed = crawl("docs", &site.at("/"), "delay = \"50s\"")
        + &crawl("more", &site.at("/1"), "")
        + "[http]\nmax_body = \"1MiB\"\n[hosts.\"a.example\"]\ndelay = \"1s\"\n";
    service.configure(&format!("{changed}[daemon]\nthreads = 3\n"));
    let told = service.crawld(1, &["check", "--diff"]).stdout;
    let expected = [
        "restart: daemon.threads 0 -> 3",
        "live: http.max_body \"10MiB\" -> \"1MiB\"",
        "live: hosts.a.example.delay - -> \"1s\"",
        "live: jobs.docs.delay \"1m\" -> \"50s\"",
        "live: jobs.docs.max_body \"10MiB\" -> \"1MiB\"",
        "new: jobs.more",
        "it needs a restart: a reload is refused",
    ];
    assert_eq!(told.lines().collect::<Vec<_>>(), expected);
    service.reload(1);
    service.configure(&changed);
    let told = service.crawld(0, &["check", "--diff"]).stdout;
    assert_eq!(told.lines().last(), Some("crawld reload takes it up"), "{told}");
    service.reload(0);
    assert_eq!(service.crawld(0, &["check", "--diff"]).stdout, "no changes\n");
    let (crawld, _) = service.end();
    let alone = crawld.expect(1, &["check", "--diff", "--config", "crawld.toml"]).stderr;
    assert!(alone.contains("no daemon answers"), "{alone}");
}

#[test]
fn a_job_of_many_urls_is_told_as_any_other() {
    let service = Service::start("");
    let urls: Vec<String> = (0..30_000)
        .map(|n| format!("\"http://a.example/a/rather/long/path/of/a/page/{n}\""))
        .collect();
    let job = format!("[jobs.many]\nkind = \"fetch\"\nurls = [{}]\n", urls.join(",\n"));
    service.configure(&job);
    let told = service.crawld(0, &["check", "--diff"]).stdout;
    assert_eq!(told, "new: jobs.many\ncrawld reload takes it up\n");
    service.end();
}

#[test]
fn what_the_store_will_not_have_is_told_before_a_reload_refuses_it() {
    let site = star(1).open();
    let tips = |query: &str| {
        format!(
            "[jobs.tips]\nkind = \"suggest\"\nrequest = {{ url = \"{}?{query}={{query}}\" }}\n\
             alphabet = \"a\"\nmax_length = 1\nresults.tips.path = \"$[*]\"\n",
            site.at("/tips")
        )
    };
    let service = Service::start(&(crawl("docs", &site.at("/"), "delay = \"60s\"") + &tips("q")));
    assert!(site.wait_for(2, Duration::from_mins(1)));
    let fetch = format!("[jobs.docs]\nkind = \"fetch\"\nurls = [\"{}\"]\n", site.at("/"));
    let mend = "give the job another name, or take it out of the configuration and forget what is \
                stored: crawld forget";
    for (changed, why) in [
        (fetch + &tips("q"), "jobs.docs: the store holds a crawl job of this name"),
        (
            crawl("docs", &site.at("/"), "delay = \"60s\"") + &tips("z"),
            "jobs.tips: the store holds a job of this name that asks other requests",
        ),
    ] {
        service.configure(&changed);
        let told = service.crawld(1, &["check", "--diff"]).stdout;
        let refused = told.lines().find(|line| line.starts_with("refused: ")).unwrap_or_default();
        assert!(refused.contains(why) && refused.contains(mend), "{told}");
        assert_eq!(told.lines().last(), Some("a reload is refused"));
        let said = service.reload(1);
        assert!(said.stderr.contains(why) && said.stderr.contains(mend), "{said:#?}");
        assert!(!said.stderr.contains("--job"), "{said:#?}");
    }
    service.end();
}
