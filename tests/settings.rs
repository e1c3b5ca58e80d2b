//! A configuration of several files, and what systemd says to a service, through the program.
#![cfg(test)]

mod common;

use std::fs;
use std::time::Duration;

use common::run::Crawld;
use common::site::Pages;

fn crawl_job(name: &str, root: &str) -> String {
    format!("[jobs.{name}]\nkind = \"crawl\"\nroots = [\"{root}\"]\ndelay = \"1ms\"\n")
}

/// A folder with these files.
fn with(files: &[(&str, &str)]) -> Crawld {
    let crawld = Crawld::new();
    for (name, text) in files {
        fs::create_dir_all(crawld.path().join(name).parent().unwrap()).unwrap();
        crawld.write(name, text);
    }
    crawld
}

/// The same as systemd would start it.
fn service(crawld: Crawld) -> Crawld {
    let folder = crawld.path().to_owned();
    let full = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    for name in ["state", "run"] {
        fs::create_dir(full(name)).unwrap();
    }
    crawld
        .env("CONFIGURATION_DIRECTORY", &full("etc"))
        .env("STATE_DIRECTORY", &full("state"))
        .env("RUNTIME_DIRECTORY", &full("run"))
}

#[test]
fn a_service_has_its_files_where_systemd_says_and_a_job_in_each_of_conf_d() {
    let site = Pages::new().links("/", &["/a"]).page("/a", "leaf").open();
    let (one, two) = (crawl_job("one", &site.at("/")), crawl_job("two", &site.at("/a")));
    let crawld = service(with(&[
        ("etc/crawld.toml", "[daemon]\nconcurrency = 4\n"),
        ("etc/conf.d/two.toml", &two),
        ("etc/conf.d/one.toml", &one),
    ]));
    let run = crawld.expect(0, &["run", "--until-done"]);
    for name in ["one", "two"] {
        assert!(run.stdout.contains(name), "{}", run.stdout);
        assert!(!crawld.export("pages", &["--job", name]).is_empty(), "from the same store");
    }
    assert!(crawld.path().join("state/crawld.db").exists());
    assert!(!crawld.path().join("crawld.db").exists());
    let told = crawld.expect(0, &["check"]).stdout;
    assert!(told.contains("valid, 2 jobs: one, two"), "{told}");
    let told = crawld.expect(0, &["check", "--effective"]).stdout;
    let socket = crawld.path().join("run/control.sock");
    assert!(told.contains(&format!("socket = {socket:?}")), "{told}");
}

#[test]
fn without_a_job_it_is_active_and_idle() {
    let crawld = service(with(&[("etc/crawld.toml", "")]));
    let mut running = crawld.spawn(&["run"]);
    assert!(!running.ended_within(Duration::from_millis(1500)));
    running.signal("TERM");
    let ended = running.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let refused = crawld.expect(78, &["run", "--until-done"]);
    assert!(refused.stderr.contains("no job; add a section [jobs.NAME]"), "{}", refused.stderr);
}

#[test]
fn a_secret_is_a_credential_that_only_the_service_reads() {
    let site = Pages::new().page("/", "leaf").open();
    let rules = format!(
        "[hosts.\"{}\"]\ntoken_file = \"credential:api\"\n",
        site.at("/").trim_start_matches("http://").trim_end_matches('/')
    );
    let files =
        [("etc/crawld.toml", &*rules), ("etc/conf.d/j.toml", &crawl_job("j", &site.at("/")))];
    let crawld = service(with(&files));
    let refused = crawld.expect(78, &["run", "--until-done"]).stderr;
    assert!(refused.contains("etc/crawld.toml:2:1: hosts."), "{refused}");
    assert!(refused.contains("LoadCredential=api:FILE"), "{refused}");
    let checked = crawld.expect(0, &["check"]);
    assert!(checked.stderr.contains("not checked: "), "{}", checked.stderr);
    let given = crawld.path().join("given");
    fs::create_dir(&given).unwrap();
    fs::write(given.join("api"), "s3same\n").unwrap();
    let crawld = crawld.env("CREDENTIALS_DIRECTORY", given.to_str().unwrap());
    crawld.expect(0, &["run", "--until-done"]);
    let told = crawld.expect(0, &["check", "--effective"]).stdout;
    assert!(told.contains("token = \"***\"") && !told.contains("s3same"), "{told}");
}

#[test]
fn a_check_tells_what_a_run_refuses_and_warns_of_what_may_come_later() {
    let job = "[jobs.l]\nkind = \"fetch\"\nfile = \"urls.txt\"\n";
    let crawld = with(&[("my.toml", &format!("{job}[http]\nca_file = \"nope.pem\"\n"))]);
    crawld.write("empty.pem", "no certificate\n");
    let wrong = "crawld: my.toml:5:1: http.ca_file: nope.pem: No such file";
    for command in [&["check"][..], &["check", "--diff"], &["run"]] {
        let told = crawld.expect(78, &[command, &["--config", "my.toml"]].concat()).stderr;
        assert!(told.starts_with(wrong) && told.lines().count() == 1, "{told}");
    }
    crawld.write("my.toml", "[http]\nca_file = \"empty.pem\"\n");
    let told = crawld.expect(78, &["check", "--config", "my.toml"]).stderr;
    assert!(
        told.starts_with("crawld: my.toml:2:1: http.ca_file: empty.pem: no certificate"),
        "{told}"
    );
    crawld.write("my.toml", job);
    let checked = crawld.expect(0, &["check", "--config", "my.toml"]);
    assert!(checked.stdout.contains("valid, 1 job: l"), "{checked:?}");
    assert!(
        checked.stderr.starts_with("crawld: warning: my.toml:3:1: jobs.l.file: /"),
        "{checked:?}"
    );
    crawld.write("urls.txt", "https://a.example/\n");
    assert_eq!(crawld.expect(0, &["check", "--config", "my.toml"]).stderr, "");
}

#[test]
fn every_fault_of_every_file_is_told_at_once_with_its_place() {
    let crawld = with(&[
        ("my.toml", "[daemon]\nthreds = 2\n[control]\nlisten = \"10.0.0.1:80\"\n"),
        ("conf.d/a.toml", "[jobs.a]\nkind = \"crawl\"\nroots = [\"https://a.example/\"]\n"),
        ("conf.d/b.toml", "\n[jobs.a]\nkind = \"crawl\"\n[jobs.b]\nkind = \"crawl\"\n"),
    ]);
    for command in [&["check", "--config", "my.toml"][..], &["run", "--config", "my.toml"]] {
        let told = crawld.expect(78, command).stderr;
        for line in [
            "crawld: my.toml:2:1: daemon.threds: unknown key; is threads meant?",
            "crawld: my.toml:4:1: control.listen: '10.0.0.1:80' is no loopback address",
            "crawld: conf.d/b.toml:2:7: jobs.a: also in conf.d/a.toml:1:7",
            "crawld: conf.d/b.toml:4:7: jobs.b.roots: missing",
        ] {
            assert!(told.contains(line), "{line}\n{told}");
        }
    }
    let told = crawld.expect(78, &["check", "--config", "none.toml"]).stderr;
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.starts_with("crawld: none.toml: No such file"), "{told}");
}
