//! A daemon that cannot open its store: it waits for what somebody may mend, and says for what.

use diesel::{Connection, PgConnection, RunQueryDsl};

use crate::common::run::postgres_database;
use crate::service::{Service, folder};
use crate::{crawl, star};

const WAITING: &str = "STATUS=waiting for the store: ";

/// A daemon with one job, whose store is there.
fn begin(url: &str, root: &str) -> Service {
    Service::begin(folder(&configured(url, root)))
}

fn configured(url: &str, root: &str) -> String {
    format!("[database]\nurl = \"{url}\"\n{}", crawl("docs", root, "delay = \"0ms\""))
}

#[test]
fn a_folder_that_is_not_there_yet_is_waited_for() {
    let site = star(3).open();
    let service = begin("sqlite://disk/crawld.db", &site.at("/"));
    let told = service.told(WAITING);
    assert!(told.contains("its folder does not exist"), "{told}");
    std::fs::create_dir(service.crawld.path().join("disk")).unwrap();
    service.told("READY=1");
    service.until_state("docs", "done");
    service.end();
    assert_eq!(site.requests(), 3);
}

#[test]
fn while_the_store_is_awaited_it_says_that_it_lives_and_why_it_is_not_ready() {
    let site = star(3).open();
    let service = begin("sqlite://disk/crawld.db", &site.at("/"));
    let socket = service.crawld.path().join("crawld.sock");
    service.told(WAITING);
    // Told once more after the next try: the door is open by then.
    service.told(WAITING);
    assert!(socket.exists());
    assert_eq!(service.ask("GET", "healthz", None).status, 200);
    let ready = service.ask("GET", "readyz", None);
    assert_eq!(ready.status, 503);
    assert!(
        ready.body.contains("waiting for the store") && ready.body.contains("disk"),
        "{ready:?}"
    );
    let said = service.reload(69).stderr;
    assert!(said.contains("waiting for the store") && said.contains("SIGHUP"), "{said}");
    std::fs::create_dir(service.crawld.path().join("disk")).unwrap();
    service.told("READY=1");
    assert_eq!(service.ask("GET", "readyz", None).status, 200);
    service.until_state("docs", "done");
    service.end();
}

#[test]
fn a_file_that_may_not_be_written_yet_is_waited_for() {
    let site = star(3).open();
    let folder = folder(&configured("sqlite://crawld.db", &site.at("/")));
    let file = folder.path().join("crawld.db");
    let writable = |yes: bool| {
        let mut permissions = file.metadata().unwrap().permissions();
        permissions.set_readonly(!yes);
        std::fs::set_permissions(&file, permissions).unwrap();
    };
    std::fs::write(&file, "").unwrap();
    writable(false);
    let service = Service::begin(folder);
    let told = service.told(WAITING);
    assert!(told.contains("the file is read-only"), "{told}");
    writable(true);
    service.told("READY=1");
    service.end();
}

#[test]
fn a_database_and_a_role_that_are_not_there_yet_are_waited_for() {
    let (site, url) = (star(3).open(), postgres_database("not_yet"));
    let (server, name) = url.rsplit_once('/').unwrap();
    let mut admin = PgConnection::establish(&url).unwrap();
    let mut does = |sql: &str| diesel::sql_query(sql).execute(&mut admin).unwrap();
    let role = format!("role_of_{name}");
    let later = format!("{name}_later").to_lowercase();
    let address = server.replace("postgres@", &format!("{role}@"));
    let service = begin(&format!("{address}/{later}"), &site.at("/"));
    let told = service.told(WAITING);
    assert!(told.contains("role") && told.contains("does not exist"), "{told}");
    does(&format!("CREATE ROLE {role} LOGIN"));
    let told = service.told(&format!("{WAITING}{address}/{later}: "));
    assert!(told.contains("does not exist"), "{told}");
    does(&format!("CREATE DATABASE {later} OWNER {role}"));
    service.told("READY=1");
    service.until_state("docs", "done");
    service.end();
}

#[test]
fn a_hangup_meanwhile_reads_the_configuration_again_and_takes_up_another_address() {
    let site = star(3).open();
    let service = begin("sqlite://none/crawld.db", &site.at("/"));
    service.told(WAITING);
    service.configure("[database]\nurk = 1\n");
    service.running.signal("HUP");
    let told = service.told("STATUS=running the OLD configuration since ");
    assert!(
        told.contains(" UTC was invalid: crawld.toml:2:1: ")
            && told.contains("urk")
            && told.contains("none/crawld.db"),
        "{told}"
    );
    service.configure(&configured("sqlite://crawld.db", &site.at("/")));
    service.running.signal("HUP");
    service.told("READY=1");
    service.until_state("docs", "done");
    let reload = &service.status()["last_reload"];
    assert!(reload.is_null(), "taken once, before the start: {reload}");
    let log = service.end().1.stderr;
    assert!(log.contains("reload=invalid") && log.contains("reload=applied database.url"), "{log}");
    assert_eq!(site.requests(), 3);
}

#[test]
fn what_is_no_store_of_ours_is_not_waited_for() {
    let folder = folder(&configured("sqlite://notes.txt", "http://127.0.0.1:1/"));
    folder.write("notes.txt", "just some notes\n".repeat(100));
    let told = folder.expect(69, &["run", "--config", "crawld.toml"]).stderr;
    assert!(told.contains("not a SQLite database"), "{told}");
}
