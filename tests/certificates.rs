//! Certificates and the real program: whom it trusts, whom it does not, and what it says of that.
#![cfg(test)]

mod common;
#[path = "common/tls.rs"]
mod tls;

use std::fs;

use common::run::{Crawld, Finished};
use tls::{Authority, Identity, TlsServer};

const FAST: [&str; 2] = ["--delay", "0ms"];

fn crawl(crawld: &Crawld, code: i32, more: &[&str]) -> Finished {
    crawld.expect(code, &[&["crawl"], more, &FAST[..]].concat())
}

fn https(server: &TlsServer) -> String {
    format!("https://127.0.0.1:{}/", server.port())
}

#[test]
fn a_file_of_certificates_is_trusted_by_option_file_or_variable() {
    let authority = Authority::new();
    let file = authority.file().to_str().unwrap().to_owned();
    for how in ["option", "file", "SSL_CERT_FILE", "none"] {
        let server = authority.server("127.0.0.1", |_| {});
        let root = https(&server);
        let mut crawld = Crawld::new();
        let mut more = vec![root.as_str(), "--max-tries", "1"];
        match how {
            "option" => more.extend(["--ca-file", &file]),
            "file" => {
                let text = format!("[http]\nca_file = \"{file}\"\n");
                fs::write(crawld.path().join("c.toml"), text).unwrap();
                more.extend(["--config", "c.toml"]);
            }
            "none" => {}
            variable => crawld = crawld.env(variable, &file),
        }
        let code = i32::from(how == "none");
        crawl(&crawld, code, &more);
        let page = &crawld.export("pages", &[])[0];
        let reason = if how == "none" { "tls_untrusted" } else { "" };
        assert_eq!(page["reason"], reason, "{how}");
    }
}

#[test]
fn a_file_that_holds_no_certificate_is_named_in_one_line() {
    let crawld = Crawld::new();
    fs::write(crawld.path().join("empty.pem"), "").unwrap();
    for name in ["missing.pem", "empty.pem"] {
        let text = format!("[http]\nca_file = \"{name}\"\n");
        fs::write(crawld.path().join("c.toml"), text).unwrap();
        for (code, more) in [(2, ["--ca-file", name]), (78, ["--config", "c.toml"])] {
            let finished = crawl(&crawld, code, &[&["https://127.0.0.1:1/"], &more[..]].concat());
            assert!(finished.stderr.contains(name), "{}", finished.stderr);
            assert_eq!(finished.stderr.trim().lines().count(), 1, "{}", finished.stderr);
        }
    }
    assert!(!crawld.path().join("crawld.db").exists(), "nothing was begun");
}

#[test]
fn a_system_without_certificates_falls_back_to_the_bundled_ones_and_says_so() {
    let server = Authority::new().server("127.0.0.1", |_| {});
    let crawld = Crawld::new();
    fs::write(crawld.path().join("empty.pem"), "").unwrap();
    let crawld = crawld.env("SSL_CERT_FILE", "empty.pem");
    let finished = crawl(&crawld, 1, &[&https(&server), "--max-tries", "1"]);
    assert!(finished.stderr.contains("Mozilla"), "{}", finished.stderr);
    assert_eq!(crawld.export("pages", &[])[0]["reason"], "tls_untrusted", "they are checked");
}

#[test]
fn each_bad_certificate_is_told_apart_in_the_record() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let file = known.file().to_str().unwrap().to_owned();
    let past = |params: &mut rcgen::CertificateParams| {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    };
    let (own, _) = Identity::self_signed("127.0.0.1", rcgen::IsCa::NoCa);
    for (server, reason, words) in [
        (known.server("127.0.0.1", past), "tls_expired", ""),
        (known.server("other.test", |_| {}), "tls_name", ""),
        (unknown.server("127.0.0.1", |_| {}), "tls_untrusted", "unknown issuer"),
        (TlsServer::start(&own), "tls_untrusted", "self-signed"),
    ] {
        let crawld = Crawld::new();
        let root = https(&server);
        crawl(&crawld, 1, &[&root, "--ca-file", &file, "--max-tries", "1"]);
        assert_eq!(crawld.export("pages", &[])[0]["reason"], reason);
        let explained = crawld.expect(0, &["explain", &root]).stdout;
        assert!(explained.contains(words), "{explained}");
        assert_eq!(server.heads().len(), 0, "nothing is told to it");
    }
}

#[test]
fn insecure_is_for_that_host_alone_and_warned_of() {
    let lax = TlsServer::start(&Identity::self_signed("127.0.0.1", rcgen::IsCa::NoCa).0);
    let strict = TlsServer::start(&Identity::self_signed("127.0.0.1", rcgen::IsCa::NoCa).0);
    let host = format!("127.0.0.1:{}", lax.port());
    for by_file in [false, true] {
        let crawld = Crawld::new();
        let table = format!("[hosts.\"{host}\"]\ninsecure = true\n");
        fs::write(crawld.path().join("c.toml"), table).unwrap();
        let given = if by_file { ["--config", "c.toml"] } else { ["--insecure", &host] };
        let roots = [https(&lax), https(&strict)];
        let more = [&[roots[0].as_str(), &roots[1], "--max-tries", "1"], &given[..]].concat();
        let finished = crawl(&crawld, 0, &more);
        let warned: Vec<_> = finished.stderr.lines().filter(|l| l.contains("insecure")).collect();
        assert!(warned.len() == 1 && warned[0].contains(&host), "{}", finished.stderr);
        for page in crawld.export("pages", &[]) {
            let good = page["url"] == roots[0];
            assert_eq!(page["state"], if good { "done" } else { "failed" });
            assert_eq!(page["reason"], if good { "" } else { "tls_untrusted" });
        }
    }
    assert_eq!((lax.heads().len(), strict.heads().len()), (4, 0));
    for wrong in ["a/b", "*", "https://a.test", "me@a.test"] {
        let more = ["https://127.0.0.1:1/", "--insecure", wrong];
        assert!(crawl(&Crawld::new(), 2, &more).stderr.contains("--insecure"), "{wrong}");
    }
}

#[test]
fn the_least_version_of_tls_is_kept() {
    let authority = Authority::new();
    let file = authority.file().to_str().unwrap().to_owned();
    let identity = authority.identity(&["127.0.0.1"], |_| {});
    let answer = |_: &str| ("x".to_owned(), false);
    let old = TlsServer::start_with(&identity, &[&rustls::version::TLS12], answer);
    for (least, code, reason) in [("1.2", 0, ""), ("1.3", 1, "tls_other")] {
        let crawld = Crawld::new();
        let common = [&https(&old), "--ca-file", &file, "--max-tries", "1"];
        crawl(&crawld, code, &[&common[..], &["--tls-min", least]].concat());
        assert_eq!(crawld.export("pages", &[])[0]["reason"], reason, "{least}");
    }
    let crawld = Crawld::new();
    fs::write(crawld.path().join("c.toml"), "[http]\ntls_min = \"1.1\"\n").unwrap();
    let finished = crawl(&crawld, 78, &[&https(&old), "--config", "c.toml"]);
    assert!(finished.stderr.contains("http.tls_min"), "{}", finished.stderr);
}
