//! What is a daemon's own: its sections, and what systemd gives a service.

use std::path::Path;

use super::*;

#[test]
fn the_daemon_is_configured_by_its_sections() {
    let text = r#"
[daemon]
grace = "30s"
stop_timeout = "2m"
log_format = "json"
[database]
min_free = "1GiB"
[control]
socket = "/tmp/x.sock"
socket_mode = "0600"
listen = "[::1]:7700"
token_file = "token"
"#;
    let folder = folder(&[("crawld.toml", text), ("token", "s3same\nmore\n")]);
    let text = text.replace("\"token\"", &format!("{:?}", folder.path().join("token")));
    let settings = file(&text).unwrap();
    assert_eq!((settings.grace_ms, settings.stop_timeout_ms), (Some(30_000), 120_000));
    assert_eq!((settings.log_format, settings.min_free), (logging::Format::Json, 1 << 30));
    let control = settings.control;
    assert_eq!(control.socket.as_deref(), Some(Path::new("/tmp/x.sock")));
    assert_eq!(control.socket_mode, 0o600);
    assert_eq!(control.listen, "[::1]:7700".parse().ok());
    assert_eq!(control.token.unwrap().reveal(), "s3same");
}

#[test]
fn what_a_daemon_cannot_be_is_told_by_key() {
    let text = r#"
[daemon]
grace = "2m"
stop_timeout = "1m"
log_format = "xml"
[database]
url = "sqlite://a.db"
url_file = "b"
password_file = "/nowhere/password"
min_free = "much"
[control]
socket_mode = "9999"
listen = "0.0.0.0:7700"
sockt = "x"
[hosts."a.example"]
username = "me"
password_file = "/nowhere/password"
"#;
    let faults = file(text).unwrap_err();
    let expected = [
        "crawld.toml:3:1: daemon.grace: longer than stop_timeout",
        "crawld.toml:5:1: daemon.log_format: 'xml'",
        "crawld.toml:10:1: database.min_free: 'much'",
        "crawld.toml:7:1: database.url: give it or url_file, not both",
        "crawld.toml:9:1: database.password_file: /nowhere/password: No such file",
        "crawld.toml:14:1: control.sockt: unknown key; is socket meant?",
        "crawld.toml:12:1: control.socket_mode: '9999'",
        "crawld.toml:13:1: control.listen: '0.0.0.0:7700' is no loopback address",
        "crawld.toml:17:1: hosts.a.example.password_file: /nowhere/password: No such file",
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for start in expected {
        assert!(faults.iter().any(|fault| fault.starts_with(start)), "{start}: {faults:#?}");
    }
    let open = file("[control]\nlisten = \"127.0.0.1:7700\"\n").unwrap_err();
    assert!(open[0].contains("control.listen") && open[0].contains("token_file"), "{open:?}");
}

#[test]
fn a_service_keeps_everything_where_systemd_says() {
    let service = Surroundings {
        state: Some("/var/lib/x".into()),
        runtime: Some("/run/x".into()),
        ..nothing()
    };
    let settings = files(&service, &[("crawld.toml", "")]).unwrap();
    assert_eq!(settings.database_url(), "sqlite:///var/lib/x/crawld.db");
    assert_eq!(settings.control.socket.as_deref(), Some(Path::new("/run/x/control.sock")));
    let own = "[database]\nurl = \"sqlite://own.db\"\n[control]\nsocket = \"own.sock\"\n";
    let settings = files(&service, &[("crawld.toml", own)]).unwrap();
    assert_eq!(settings.database_url(), "sqlite://own.db");
    assert_eq!(settings.control.socket.as_deref(), Some(Path::new("own.sock")));
    let settings = load_in(&nothing(), None, &[]).unwrap();
    assert_eq!(settings.database_url(), DEFAULT_DATABASE);
}

#[test]
fn a_password_may_be_a_credential_and_is_read_by_the_service_alone() {
    let text = r#"
[database]
url = "postgres://me@db.example/crawl"
password_file = "credential:db"
[hosts."a.example"]
token_file = "credential:api"
"#;
    let folder =
        folder(&[("crawld.toml", text), ("given/db", "p@ss/word\n"), ("given/api", "t0k")]);
    let path = folder.path().join("crawld.toml");
    let service = Surroundings { credentials: Some(folder.path().join("given")), ..nothing() };
    let settings = load_in(&service, Some(&path), &[]).unwrap();
    assert_eq!(settings.database_url(), "postgres://me:p%40ss%2Fword@db.example/crawl");
    assert!(settings.job.secrets.hosts.contains_key("a.example"));
    let error = load_in(&nothing(), Some(&path), &[]).unwrap_err().to_string();
    assert!(error.contains(":4:1: database.password_file: the credential 'db'"), "{error}");
    assert!(error.contains(":6:1: hosts.a.example.token_file: the credential 'api'"), "{error}");
    assert!(error.contains("LoadCredential=db:FILE"), "{error}");
    let settings = load::look_in(&nothing(), Some(&path), &[]).unwrap();
    assert_eq!(settings.unread.len(), 2, "{:?}", settings.unread);
    let [running, seen] = [&service, &nothing()]
        .map(|around| effective::text(&load::look_in(around, Some(&path), &[]).unwrap()));
    assert_eq!(running, seen, "masks are all alike");
    // Another database on the command line has nothing to do with it.
    let url = given("database.url", "sqlite://mine.db");
    let settings = load::look_in(&nothing(), Some(&path), &[url]).unwrap();
    assert_eq!((settings.database_url(), settings.unread.len()), ("sqlite://mine.db", 1));
    for name in ["", "..", "a/b"] {
        let text = format!("[hosts.a]\ntoken_file = \"credential:{name}\"\n");
        let faults = files(&service, &[("crawld.toml", &text)]).unwrap_err();
        assert!(faults[0].contains("no name of a credential"), "{faults:?}");
    }
}
