//! Proxies of the real program: by option, file and environment, for a host, for a job.
#![cfg(test)]

mod common;
#[path = "common/relay.rs"]
mod relay;
#[path = "common/tls.rs"]
mod tls;

use std::fs;
use std::time::Duration;

use common::http::{Gate, Reply};
use common::run::{Crawld, Finished};
use common::site::{Pages, Site};
use common::together::{self, Silent};
use crawld::domain::job::JobSpec;
use crawld::domain::proxy::{Proxies, Proxy};
use crawld::order::Order;
use crawld::store::Origin;
use relay::Relay;
use tls::{Authority, TlsServer};

const FAST: [&str; 2] = ["--delay", "0ms"];

fn crawl(crawld: &Crawld, code: i32, more: &[&str]) -> Finished {
    crawld.expect(code, &[&["crawl"], more, &FAST[..]].concat())
}

/// A site of two pages on a host that only a proxy knows.
fn nowhere() -> Site {
    Pages::new()
        .links("http://nowhere.test/", &["/b"])
        .page("http://nowhere.test/b", "b")
        .otherwise(|_| Reply::status(404))
        .open()
}

fn done(crawld: &Crawld) -> usize {
    crawld.export("pages", &[]).iter().filter(|page| page["state"] == "done").count()
}

/// Is this text in any file of the folder, or in what was said?
fn shows(crawld: &Crawld, finished: &Finished, secret: &str) -> bool {
    let said = [&finished.stdout, &finished.stderr].iter().any(|text| text.contains(secret));
    let kept = fs::read_dir(crawld.path()).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        let is_ours = path.extension().is_none_or(|extension| extension != "toml");
        let bytes = fs::read(path).unwrap();
        is_ours && bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
    });
    said || kept
}

#[test]
fn a_proxy_given_by_option_file_or_variable_is_used_and_its_password_shown_nowhere() {
    let root = "http://nowhere.test/";
    let hidden = |site: &Site| format!("http://me:hidden-word@127.0.0.1:{}", site.port());
    for how in ["option", "file", "http_proxy", "all_proxy", "CRAWLD__HTTP__PROXY"] {
        let site = nowhere();
        let proxy = hidden(&site);
        let mut crawld = Crawld::new();
        let mut more = vec!["crawl", root, "--delay", "0ms", "-vv"];
        match how {
            "option" => more.extend(["--proxy", &proxy]),
            "file" => {
                let text = format!("[http]\nproxy = \"{proxy}\"\n");
                fs::write(crawld.path().join("c.toml"), text).unwrap();
                more.extend(["--config", "c.toml"]);
            }
            variable => crawld = crawld.env(variable, &proxy),
        }
        let finished = crawld.expect(0, &more);
        assert_eq!(done(&crawld), 2, "{how}: {finished:#?}");
        assert_eq!(site.paths(), ["/", "/b"], "robots.txt goes the same way");
        assert!(site.log().iter().all(|asked| {
            asked.header("proxy-authorization") == Some("Basic bWU6aGlkZGVuLXdvcmQ=")
        }));
        assert!(finished.stderr.contains(&format!("http://127.0.0.1:{}", site.port())));
        for secret in ["hidden-word", "bWU6aGlkZGVuLXdvcmQ"] {
            assert!(!shows(&crawld, &finished, secret), "{how}: {secret}");
        }
        // Again, to see what is said of changes.
        let changed = format!("http://me:other-word@127.0.0.1:{}", site.port());
        let again = ["crawl", root, "--delay", "0ms", "-vv", "--again", "--proxy", &changed];
        let finished = crawld.expect(0, &again);
        assert!(!shows(&crawld, &finished, "other-word"), "{how}");
    }
}

#[test]
fn no_proxy_and_none_go_directly() {
    let own = || Pages::new().page("/", "own").open();
    let proxy = Pages::new().otherwise(|_| Reply::html("proxy")).open();
    let url = proxy.url();
    for (variables, options) in [
        (vec![("http_proxy", url.as_str()), ("no_proxy", "127.0.0.0/8")], vec![]),
        (vec![("http_proxy", url.as_str()), ("NO_PROXY", "a.test, *")], vec![]),
        (vec![("http_proxy", url.as_str())], vec!["--no-proxy", "127.0.0.1"]),
        (vec![("http_proxy", url.as_str())], vec!["--proxy", "none"]),
        (vec![("http_proxy", url.as_str())], vec!["--proxy", ""]),
        (vec![("HTTP_PROXY", url.as_str()), ("https_proxy", url.as_str())], vec![]),
        (vec![], vec!["--proxy", &url, "--no-proxy", "b.test,127.0.0.1"]),
    ] {
        let site = own();
        let mut crawld = Crawld::new();
        for (name, value) in &variables {
            crawld = crawld.env(name, value);
        }
        crawl(&crawld, 0, &[&[site.at("/").as_str()], &options[..]].concat());
        assert_eq!(site.hits("/"), 1, "{variables:?} {options:?}");
    }
    assert_eq!(proxy.requests(), 0);
    let site = own();
    crawl(&Crawld::new().env("http_proxy", &url), 0, &[&site.at("/")]);
    assert_eq!((site.requests(), proxy.hits("/")), (0, 1), "nothing exempts this host");
}

#[test]
fn a_host_may_have_its_own_proxy_or_none() {
    let site = Pages::new().page("/", "own").open();
    let relay = Relay::socks(None);
    let dead = "http://127.0.0.1:1";
    for (proxy, relayed) in [(String::new(), 0), (format!("socks5://{}", relay.address()), 2)] {
        let crawld = Crawld::new();
        let table = format!("[hosts.\"127.0.0.1:{}\"]\nproxy = \"{proxy}\"\n", site.port());
        fs::write(crawld.path().join("c.toml"), table).unwrap();
        crawl(&crawld, 0, &[&site.at("/"), "--config", "c.toml", "--proxy", dead]);
        assert_eq!(relay.targets().len().min(1), usize::from(relayed > 0));
    }
    assert_eq!(site.hits("/"), 2);
}

#[test]
fn a_dead_proxy_is_named_and_retry_revives_what_it_cost() {
    let site = nowhere();
    let crawld = Crawld::new();
    let proxy = ["--proxy", "http://127.0.0.1:1"];
    let dead = [&["http://nowhere.test/", "--max-tries", "2"], &proxy[..]].concat();
    crawl(&crawld, 1, &dead);
    let failed = crawld.export("failures", &[]);
    assert_eq!(failed[0]["reason"], "unreachable");
    assert!(crawld.expect(0, &["explain", "http://nowhere.test/"]).stdout.contains("127.0.0.1:1"));
    crawld.expect(0, &["retry", "nowhere.test", "--reason", "unreachable"]);
    crawl(&crawld, 0, &["http://nowhere.test/", "--proxy", &site.url()]);
    assert_eq!(done(&crawld), 2);
}

#[test]
fn hosts_behind_a_proxy_are_not_counted_as_one_address() {
    let gate = Gate::new();
    let held = gate.clone();
    let proxy = Pages::new().otherwise(move |_| Reply::html("x").after(&held)).open();
    let crawld = Crawld::new();
    fs::write(crawld.path().join("c.toml"), "[http]\nper_address = 2\n").unwrap();
    let roots: Vec<_> = (0..6).map(|n| format!("http://nowhere{n}.test/")).collect();
    let roots: Vec<_> = roots.iter().map(String::as_str).collect();
    let url = proxy.url();
    let more = ["--config", "c.toml", "--proxy", &url, "--no-robots"];
    let running = crawld.spawn(&[&["crawl"], &roots[..], &more].concat());
    assert!(proxy.wait_for(6, Duration::from_mins(1)), "{}", proxy.requests());
    gate.open();
    assert_eq!(running.finish().code, Some(0));
}

#[test]
fn links_to_private_hosts_are_refused_behind_a_proxy_too() {
    let proxy = Pages::new()
        .links(
            "http://nowhere.test/",
            &["http://127.0.0.1:9/", "http://10.0.0.1/", "http://[::ffff:10.0.0.1]/"],
        )
        .otherwise(|_| Reply::status(404))
        .open();
    let crawld = Crawld::new();
    let root = "http://nowhere.test/";
    crawl(&crawld, 0, &[root, "--proxy", &proxy.url(), "--scope", "any"]);
    let hosts: Vec<_> = proxy.log().into_iter().map(|asked| asked.host).collect();
    assert!(hosts.iter().all(|host| host == "nowhere.test"), "{hosts:?}");
    let refused = crawld.export("pages", &[]);
    assert_eq!(refused.iter().filter(|page| page["reason"] == "private").count(), 3);
}

#[test]
fn what_is_no_proxy_is_said_in_one_line_without_the_password() {
    let bad = "ftp://me:hidden-word@p.test";
    let file = Crawld::new();
    fs::write(file.path().join("c.toml"), format!("[http]\nproxy = \"{bad}\"\n")).unwrap();
    let root = "http://127.0.0.1:1/";
    for (crawld, code, more, named) in [
        (Crawld::new(), 2, vec!["--proxy", bad], "--proxy"),
        (file, 78, vec!["--config", "c.toml"], "http.proxy"),
        (Crawld::new().env("ALL_PROXY", bad), 78, vec![], "ALL_PROXY"),
        (Crawld::new().env("no_proxy", "10.0.0.0/99"), 78, vec![], "no_proxy"),
        (Crawld::new(), 2, vec!["--header", "Proxy-Authorization: hidden-word"], "http.proxy"),
    ] {
        let finished = crawl(&crawld, code, &[&[root], &more[..]].concat());
        assert!(finished.stderr.contains(named), "{}", finished.stderr);
        assert_eq!(finished.stderr.trim().lines().count(), 1, "{}", finished.stderr);
        assert!(!finished.stderr.contains("hidden-word"), "{}", finished.stderr);
    }
    let more = [root, "--no-proxy", "10.0.0.0/99"];
    assert!(crawl(&Crawld::new(), 2, &more).stderr.contains("--no-proxy"));
    // Commands that ask nobody do not mind.
    Crawld::new().env("ALL_PROXY", bad).expect(0, &["completions", "bash"]);
}

#[test]
fn two_jobs_with_two_proxies_on_one_host_do_not_mix() {
    let proxies = [nowhere(), nowhere()];
    let folder = tempfile::tempdir().unwrap();
    let store = together::store(folder.path());
    let orders: Vec<_> = (0..2)
        .map(|n| {
            let proxy = Proxy::parse(&format!("user{n}:word@127.0.0.1:{}", proxies[n].port()));
            let spec = JobSpec {
                roots: vec!["http://nowhere.test/".to_owned()],
                delay_ms: 0,
                user_agent: format!("job{n}/1"),
                robots: false,
                proxy: Proxies::all(proxy.unwrap()),
                ..JobSpec::default()
            };
            Order { name: format!("job{n}"), spec, again: false, origin: Origin::Cli }
        })
        .collect();
    together::together(&store, &orders, None, Silent);
    for (n, proxy) in proxies.iter().enumerate() {
        let agent = format!("job{n}/1");
        let log = proxy.log();
        assert_eq!(log.len(), 2);
        assert!(log.iter().all(|asked| asked.header("user-agent") == Some(&agent)), "{log:#?}");
        let known: Vec<_> = log.iter().filter_map(|a| a.header("proxy-authorization")).collect();
        assert_eq!(known, [["Basic dXNlcjA6d29yZA==", "Basic dXNlcjE6d29yZA=="][n]; 2]);
    }
}

/// A proxy that lets nobody in, and opens a gate when it was asked.
fn closed_proxy(asked: &Gate) -> Site {
    let asked = asked.clone();
    let refuse = move |_: &_| {
        asked.open();
        Reply::status(407)
    };
    Pages::new().otherwise(refuse).open()
}

#[test]
fn a_dead_proxy_of_one_job_slows_no_other_on_the_same_host_nor_is_it_hammered() {
    let tried = Gate::new();
    let proxy = closed_proxy(&tried);
    let leaves: Vec<String> = (0..300).map(|n| format!("/{n}")).collect();
    let leaves: Vec<&str> = leaves.iter().map(String::as_str).collect();
    // What the other job finds comes when the proxy has been tried.
    let root = Reply::links(&leaves);
    let wait = move |_: &_| {
        tried.wait(Duration::from_mins(1));
        root.clone()
    };
    let site = Pages::new().route("/", wait).otherwise(|_| Reply::html("leaf")).open();
    let crawld = Crawld::new();
    let config = format!(
        "[politeness]\ndelay = \"0ms\"\nper_host = 2\nrobots = false\n\
         host_patience = \"3s\"\nhost_persistence = \"0s\"\n\
         [jobs.a]\nkind = \"crawl\"\nroots = [\"{0}\"]\n\
         [jobs.b]\nkind = \"fetch\"\nurls = [\"{0}x\", \"{0}y\"]\nproxy = \"{1}\"\n",
        site.at("/"),
        proxy.url()
    );
    crawld.write("c.toml", config);
    let ended = crawld.run(&["run", "--config", "c.toml", "--until-done"]);
    let pages = |job: &str| crawld.export("pages", &["--job", job]);
    assert!(pages("a").iter().all(|page| page["state"] == "done"), "{ended:#?}");
    assert_eq!(pages("a").len(), 301);
    for page in pages("b") {
        assert_eq!((&*page["state"], &*page["reason"]), ("failed", "refused"), "{ended:#?}");
    }
    // While the proxy was still hoped for, all of the other job was done.
    let last = |job: &str| pages(job).iter().map(|page| page["fetched_at"].clone()).max();
    assert!(last("a") < last("b"), "{:?} {:?} {ended:#?}", last("a"), last("b"));
    assert!((2..=8).contains(&proxy.requests()), "it rests: {}", proxy.requests());
}

fn https(server: &TlsServer) -> String {
    format!("https://127.0.0.1:{}/", server.port())
}

#[test]
fn https_goes_through_connect_and_socks_from_the_environment() {
    let authority = Authority::new();
    let file = authority.file().to_str().unwrap().to_owned();
    for (variable, relay, scheme) in [
        ("https_proxy", Relay::http(None), "http"),
        ("HTTPS_PROXY", Relay::socks(Some(("me", "word"))), "socks5://me:word@"),
        ("ALL_PROXY", Relay::socks(None), "socks5h"),
    ] {
        let server = authority.server("127.0.0.1", |_| {});
        let scheme = if scheme.contains("//") { scheme.to_owned() } else { format!("{scheme}://") };
        let crawld = Crawld::new().env(variable, &format!("{scheme}{}", relay.address()));
        crawl(&crawld, 0, &[&https(&server), "--ca-file", &file]);
        assert_eq!(server.heads().len(), 2, "robots.txt and the page");
        assert!(relay.targets().iter().all(|t| *t == format!("127.0.0.1:{}", server.port())));
        assert!(!relay.passed().is_empty());
    }
}
