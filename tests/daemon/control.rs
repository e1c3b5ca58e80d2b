//! The control interface: who may ask, and what is answered.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};

use crate::common::run::Crawld;
use crate::service::{Service, folder};
use crate::{crawl, star};

#[test]
fn every_question_has_its_answer_on_the_socket() {
    let site = star(3).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"0ms\""));
    service.until_state("docs", "done");
    let get = |path: &str| service.ask("GET", path, None);
    for (path, word) in [
        ("healthz", "ok"),
        ("readyz", "ready"),
        ("metrics", "crawld_fetches_total"),
        ("v1/status", "\"limited_by\""),
        ("v1/jobs", "\"job\":\"docs\""),
        ("v1/jobs/docs", "\"state\":\"done\""),
        ("v1/config", "[jobs.docs]"),
    ] {
        let answer = get(path);
        assert!(answer.is_good() && answer.body.contains(word), "{path}: {answer:?}");
    }
    let host = get(&format!("v1/hosts/127.0.0.1:{}", site.port()));
    assert!(host.body.contains("docs: 3 asked"), "{host:?}");
    assert_eq!(get("v1/jobs/nobody").status, 404);
    assert_eq!(get("v2/jobs").status, 404);
    assert_eq!(service.ask("POST", "v1/jobs/docs/dance", None).status, 404);
    let wrong = service.ask("PUT", "v1/log", Some(&json!({"filter": "crawld=loud"})));
    assert_eq!(wrong.status, 422, "{wrong:?}");
    let right = service.ask("PUT", "v1/log", Some(&json!({"filter": "crawld=debug"})));
    assert!(right.is_good(), "{right:?}");
    assert_eq!(service.ask("PUT", "v1/log", Some(&json!({"level": 1}))).status, 400);
    service.crawld(0, &["start", "docs"]);
    service.until("docs", "in its second pass", |job| job["pass"] == 2 && job["state"] == "done");
    let (_, finished) = service.end();
    assert!(finished.stderr.contains("DEBUG"), "{}", finished.stderr);
}

#[test]
fn why_a_url_is_asked_is_told_as_the_command_tells_it() {
    let site = star(2).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"0ms\""));
    service.until_state("docs", "done");
    let socket = service.crawld.path().join("crawld.sock");
    let client = crawld::control::client::Client::call(&socket).unwrap().unwrap();
    let url = site.at("/1");
    let answer = client.ask("GET", &["v1", "explain"], &[("url", &url)], None).unwrap();
    assert!(answer.body.contains("docs: done, pass 1"), "{answer:?}");
}

#[test]
fn the_socket_is_for_owner_and_group_and_goes_with_the_daemon() {
    let service = Service::start("[control]\nsocket_mode = \"0640\"\n");
    let socket = service.crawld.path().join("crawld.sock");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&socket), 0o640);
    service.configure("");
    service.reload(0);
    assert_eq!(mode(&socket), 0o660, "changed by a reload");
    let (crawld, _) = service.end();
    assert!(!crawld.path().join("crawld.sock").exists());
}

#[test]
fn a_socket_of_the_dead_is_taken_over_and_one_of_the_living_is_not() {
    let service = Service::start("");
    let second =
        service.crawld.run(&["run", "--config", "crawld.toml", "--database", "sqlite://other.db"]);
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.stderr.contains("another daemon answers"), "{}", second.stderr);
    let crawld = service.kill();
    assert!(crawld.path().join("crawld.sock").exists(), "a killed daemon leaves it");
    let service = Service::start_in(crawld);
    assert!(service.ask("GET", "readyz", None).is_good());
}

/// Asks over TCP with these headers; gives the status line.
fn over_tcp(port: u16, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn what_cannot_be_asked_so_is_refused_with_the_status_that_says_why_in_json() {
    let service = Service::start(&crawl("docs", "http://127.0.0.1:1/", ""));
    for (method, path) in [("POST", "v1/status"), ("GET", "v1/reload"), ("PUT", "v1/jobs/docs")] {
        let answer = service.ask(method, path, None);
        assert_eq!(answer.status, 405, "{method} {path}: {answer:?}");
        assert!(answer.body.starts_with("{\"error\""), "{answer:?}");
    }
    let unasked = service.ask("GET", "v1/explain", None);
    assert_eq!(unasked.status, 400, "{unasked:?}");
    assert!(unasked.body.starts_with("{\"error\"") && unasked.body.contains("url"), "{unasked:?}");
    let large = json!({"host": "x".repeat(100_000)});
    let large = service.ask("POST", "v1/jobs/docs/retry", Some(&large));
    assert_eq!(large.status, 413, "{large:?}");
    assert!(large.body.starts_with("{\"error\""), "{large:?}");
}

#[test]
fn health_is_told_to_get_and_head_and_to_nothing_else() {
    let service = Service::start(&crawl("docs", "http://127.0.0.1:1/", ""));
    let ask = |method: &str, path: &str| {
        let mut stream = UnixStream::connect(service.crawld.path().join("crawld.sock")).unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_ascii_lowercase(), body.to_owned())
    };
    for path in ["/healthz", "/readyz"] {
        let ((get, body), (head, none)) = (ask("GET", path), ask("HEAD", path));
        assert!(get.starts_with("http/1.1 200") && !body.is_empty(), "{get}");
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(none.is_empty() && head.contains(&format!("content-length: {}", body.len())));
        for other in ["POST", "PUT", "DELETE"] {
            let (refused, _) = ask(other, path);
            assert!(refused.starts_with("http/1.1 405"), "{other} {path}: {refused}");
            assert!(refused.contains("\nallow: get, head\r"), "{refused}");
        }
    }
}

#[test]
fn over_tcp_only_those_who_know_the_token_are_answered() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let crawld: Crawld =
        folder(&format!("[control]\nlisten = \"127.0.0.1:{port}\"\ntoken_file = \"token\"\n"));
    crawld.write("token", "open-sesame\n");
    let service = Service::start_in(crawld);
    let status = |path, headers| over_tcp(port, path, headers);
    assert!(status("/healthz", "").contains("200"), "anybody may see that it lives");
    for (headers, code) in [
        ("", "401"),
        ("Authorization: Bearer open-sesamf\r\n", "401"),
        ("Authorization: Bearer \r\n", "401"),
        ("Authorization: Basic open-sesame\r\n", "401"),
        ("Authorization: Bearer open-sesame\r\n", "200"),
        ("Authorization: bearer open-sesame\r\n", "200"),
    ] {
        assert!(status("/v1/status", headers).contains(code), "{headers}");
        assert!(status("/metrics", headers).contains(code), "{headers}");
    }
    let config = service.ask("GET", "v1/config", None).body;
    assert!(!config.contains("open-sesame"), "{config}");
}

#[test]
fn the_status_command_tells_of_jobs_actors_and_what_limits_the_speed() {
    let site = star(5).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"60s\""));
    service.until("docs", "waiting for its delay", |job| job["urls"]["done"] == 1);
    let text = service.crawld(0, &["status"]).stdout;
    for word in
        ["docs", "running", "limited by", "politeness: 1 host waits for its delay", "actors"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    let line = service.crawld(0, &["status", "docs", "--json"]).stdout;
    let job: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&job["job"], &job["state"]), (&json!("docs"), &json!("running")));
    let told = service.told("STATUS=1 of 1 job running");
    assert!(told.contains("pages/s") && told.contains("1 settled"), "{told}");
}

#[test]
fn a_wish_that_cannot_be_read_changes_nothing() {
    let site = crate::common::site::Pages::new().links("/", &["/gone"]).open();
    let service = Service::start(&crawl("docs", &site.at("/"), "delay = \"0ms\""));
    service.until_state("docs", "done");
    for wrong in [json!({"status": "404"}), json!({"foo": 1}), json!("garbage"), json!({"host": 5})]
    {
        let answer = service.ask("POST", "v1/jobs/docs/retry", Some(&wrong));
        assert!(answer.status == 400 || answer.status == 422, "{wrong}: {answer:?}");
    }
    assert_eq!(service.job("docs")["urls"]["queued"], 0);
}

#[test]
fn who_sends_and_never_reads_is_answered_once() {
    let service = Service::start("");
    let socket = service.crawld.path().join("crawld.sock");
    let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
    let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request.repeat(100).as_bytes()).ok();
    stream.set_read_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
    let mut answer = Vec::new();
    // The connection rests; what was sent too much may also end it rudely.
    drop(stream.read_to_end(&mut answer));
    let answers = String::from_utf8_lossy(&answer).matches("HTTP/1.1 200").count();
    assert!(answers <= 1, "{answers}");
}

#[test]
fn a_door_that_cannot_be_had_is_told_in_one_line() {
    let crawld = folder("[control]\nsocket = \"missing/control.sock\"\n");
    let finished = Service::begin(crawld).running.finish();
    assert_eq!(finished.code, Some(1), "{finished:#?}");
    assert!(finished.stderr.contains("control.socket"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("panic"), "{}", finished.stderr);
}
