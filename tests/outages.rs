//! The store goes away in mid-crawl, and the crawl waits, carries on and misses nothing: a full
//! disk, a database server that dies.
#![cfg(test)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::generated::Generated;
use common::run::{Crawld, Record};
use common::site::Site;
use common::warc::assert_recorded_once;
use tempfile::TempDir;

const LONG: Duration = Duration::from_mins(1);
const SHAPE: Generated = Generated { pages: 2000, links: 30 };

fn assert_complete(rows: &[Record], site: &Site) {
    let urls: BTreeSet<&str> = rows.iter().map(|row| row["url"].as_str()).collect();
    assert_eq!((rows.len(), urls.len()), (SHAPE.pages, SHAPE.pages), "stored once, none missing");
    assert!(rows.iter().all(|row| row["state"] == "done"));
    assert!(site.requests() >= SHAPE.pages);
}

/// A crawl on a disk of 8 MiB that is nearly full, with its store or its archive there; it says so
/// and waits, the filler goes, it ends.
const FULL_DISK: &str = r#"
set -eu
mount -t tmpfs -o size=8m none "$DISK"
: > "$DISK/../err"
head -c 7340032 /dev/zero > "$DISK/filler"
"$CRAWLD" crawl "$ROOT" --database "sqlite://$STORE/crawl.db" $MORE --delay 0ms --per-host 16 --no-robots \
    > "$DISK/../out" 2> "$DISK/../err" & crawl=$!
tail -n +1 -f "$DISK/../err" | grep -q -m 1 "until the store works again"
rm "$DISK/filler"
wait $crawl
"$CRAWLD" export --what pages --database "sqlite://$STORE/crawl.db" --output "$DISK/../pages.csv"
[ ! -d "$DISK/archive" ] || cp -r "$DISK/archive" "$DISK/.."
"#;

/// A crawl on a disk with room, on which something else leaves too little in mid-crawl.
const LOW_DISK: &str = r#"
set -eu
mount -t tmpfs -o size=256m none "$DISK"
: > "$DISK/../err"
"$CRAWLD" crawl "$ROOT" --database "sqlite://$STORE/crawl.db" --delay 4ms --per-host 16 --no-robots -v \
    > "$DISK/../out" 2> "$DISK/../err" & crawl=$!
tail -n +1 -f "$DISK/../err" | grep -q -m 1 "status=200"
head -c 140000000 /dev/zero > "$DISK/filler"
tail -n +1 -f "$DISK/../err" | grep -q -m 1 "nothing is asked until there is room"
rm "$DISK/filler"
wait $crawl
"$CRAWLD" export --what pages --database "sqlite://$STORE/crawl.db" --output "$DISK/../pages.csv"
"#;

/// Crawls so, with the store in this folder of the test's, and gives that folder, what was said
/// and the result.
fn crawl_on_a_disk(
    script: &str,
    site: &Site,
    (store, archive): (&str, bool),
    min_free: &str,
) -> (TempDir, String, Vec<Record>) {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let more = if archive { format!("--warc {}/archive", disk.display()) } else { String::new() };
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "timeout", "120", "sh", "-c", script])
        .env("CRAWLD__DATABASE__MIN_FREE", min_free)
        .env("DISK", &disk)
        .env("STORE", folder.path().join(store))
        .env("MORE", more)
        .env("CRAWLD", env!("CARGO_BIN_EXE_crawld"))
        .env("ROOT", site.at(&Generated::path(0)))
        .output()
        .unwrap();
    let said = std::fs::read_to_string(folder.path().join("err")).unwrap_or_default();
    assert!(output.status.success(), "{output:?}\n{said}");
    let mut pages = csv::Reader::from_path(folder.path().join("pages.csv")).unwrap();
    let rows: Vec<Record> = pages.deserialize().map(Result::unwrap).collect();
    assert_complete(&rows, site);
    (folder, said, rows)
}

fn assert_was_full(said: &str) {
    assert!(said.contains("full") || said.contains("No space left"), "{said}");
    assert!(said.contains("works again"), "{said}");
}

#[test]
fn a_full_disk_pauses_the_crawl_until_there_is_room() {
    let (_, said, _) = crawl_on_a_disk(FULL_DISK, &SHAPE.pages().open(), ("disk", false), "0");
    assert_was_full(&said);
}

#[test]
fn a_full_disk_of_the_archive_does_so_too_and_nothing_is_recorded_twice() {
    let site = SHAPE.pages().open();
    let (folder, said, rows) = crawl_on_a_disk(FULL_DISK, &site, (".", true), "0");
    assert_was_full(&said);
    assert_recorded_once(&folder.path().join("archive"), &rows);
}

#[test]
fn a_disk_that_is_nearly_full_pauses_the_crawl_before_anything_fails() {
    let site = SHAPE.pages().open();
    let (_, said, _) = crawl_on_a_disk(LOW_DISK, &site, ("disk", false), "128MiB");
    assert_eq!(site.requests(), SHAPE.pages, "nothing is asked twice");
    let said: Vec<_> = said.lines().filter(|line| !line.contains(" DEBUG ")).collect();
    let said = said.join("\n");
    assert!(said.contains("(database.min_free)"), "{said}");
    assert!(said.contains("there is room on the disk again"), "{said}");
    assert!(!said.contains("store works again") && !said.contains("No space left"), "{said}");
}

/// A PostgreSQL of the test's own, which it may kill.
struct Server(tempfile::TempDir);

impl Server {
    fn new() -> Self {
        let server = Self(tempfile::Builder::new().prefix("crawld-outage").tempdir().unwrap());
        // The server runs as another user than root, who must be able to come here.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(server.0.path(), open).unwrap();
        server.order("start");
        server
    }

    fn order(&self, what: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres");
        let folder = self.0.path().join("cluster");
        let output = Command::new(script).arg(what).arg(folder).output().unwrap();
        assert!(output.status.success(), "scripts/postgres {what}: {output:?}");
        String::from_utf8(output.stdout).unwrap().lines().last().unwrap_or_default().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.order("stop");
    }
}

#[test]
fn a_database_server_that_dies_pauses_the_crawl_until_it_is_back() {
    let server = Server::new();
    let database = format!("{}postgres", server.order("url"));
    let site = SHAPE.pages().open();
    let crawld = Crawld::new();
    let root = site.at(&Generated::path(0));
    let fast = ["--delay", "0ms", "--per-host", "16", "--no-robots", "--concurrency", "16"];
    let kept = ["--database", &database, "--warc", "archive"];
    let running = crawld.spawn(&[&["crawl", &root], &kept[..], &fast].concat());
    for pages in [300, 900] {
        assert!(site.wait_for(pages, LONG), "{} requests", site.requests());
        server.order("kill");
        server.order("start");
    }
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(finished.stderr.contains("works again"), "{}", finished.stderr);
    let rows = crawld.export("pages", &["--database", &database]);
    assert_complete(&rows, &site);
    // What the server forgot is not recorded either.
    assert_recorded_once(&crawld.path().join("archive"), &rows);
}

#[test]
fn a_database_that_cannot_be_reached_at_the_start_is_told_with_69() {
    let finished = Crawld::new().expect(
        69,
        &["crawl", "http://127.0.0.1:1/", "--database", "postgres://nobody@127.0.0.1:1/none"],
    );
    assert_eq!(finished.stderr.trim().lines().count(), 1, "{}", finished.stderr);
    assert!(finished.stderr.contains("127.0.0.1"), "{}", finished.stderr);
}
