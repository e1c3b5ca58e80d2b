//! A small crawl, as it would be stored, and a command line to ask it.

use std::io::Write;

use clap::Parser;
use crawld::cli::error::CommandError;
use crawld::domain::link::LinkKind;
use crawld::domain::outcome::{Reason, UrlState};
use crawld::domain::role::Role;
use crawld::domain::task::Task;
use crawld::domain::url::{CanonicalUrl, host_key};
use crawld::domain::{HostKey, JobId, Millis};
use crawld::frontier::record::{
    Commit, Deferred, HostRow, JobDelta, LinkRow, NewUrl, PageFacts, QueuedUrl, Release, RobotsRow,
    Settled,
};
use crawld::store::{Access, JobRow, NewJob, Node, Origin, Store};
use tempfile::TempDir;

/// 2026-11-21T08:00:00Z.
pub(crate) const START: Millis = 1_795_248_000_000;
const LEASE: Millis = 1_000_000_000_000;
const ROBOTS: &str = "User-agent: *\nDisallow: /private/\n";

/// A store with what a crawl has put there.
pub(crate) struct World {
    pub(crate) store: Store,
    node: Node,
    seq: i64,
    epoch: i64,
    _folder: TempDir,
}

/// A command with its options, as clap reads them.
#[derive(Debug, Parser)]
struct Line<A: clap::Args> {
    #[command(flatten)]
    args: A,
}

/// What the command `run` prints and returns when it is given these options.
pub(crate) fn ask<A: clap::Args>(
    run: impl FnOnce(&A, &Store, &mut dyn Write) -> Result<u8, CommandError>,
    store: &Store,
    options: &[&str],
) -> (u8, String) {
    let line = std::iter::once("crawld").chain(options.iter().copied());
    let line = Line::<A>::try_parse_from(line).unwrap();
    let mut out = Vec::new();
    match run(&line.args, store, &mut out) {
        Ok(exit) => (exit, String::from_utf8(out).unwrap()),
        Err(error) => (error.exit, error.message),
    }
}

pub(crate) fn new_url(url: &str, depth: i32, kind: LinkKind, text: Option<&str>) -> NewUrl {
    let url = CanonicalUrl::parse(url).unwrap();
    NewUrl {
        host: url.host_key(),
        authority: url.authority().to_owned(),
        key: url.key(),
        url: url.as_str().to_owned(),
        role: Role::Page,
        task: Task::Main,
        depth,
        hops: 0,
        referrer: None,
        kind,
        text: text.map(str::to_owned),
        nofollow: false,
        excluded: None,
    }
}

/// A result without any facts.
pub(crate) fn settled(row: &QueuedUrl, state: UrlState) -> Settled {
    Settled {
        id: row.id,
        job: row.job,
        host: row.host,
        key: row.key,
        role: row.role,
        task: Task::Main,
        state,
        reason: None,
        evidence: None,
        redirect_to: None,
        redirect_key: None,
        tries: 1,
        facts: PageFacts::default(),
        found: Vec::new(),
        gathered: None,
        links: Vec::new(),
        asked: true,
        unmodified: false,
        recording: None,
    }
}

impl World {
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawld.db");
        let store = Store::open(path.to_str().unwrap(), Access::Owner).unwrap();
        let node = store.register("test:1:1", START, LEASE).unwrap();
        Self { store, node, seq: 0, epoch: 0, _folder: folder }
    }

    pub(crate) fn job(&self, name: &str, spec: &str) -> JobRow {
        let new = NewJob {
            name: name.to_owned(),
            kind: "crawl".to_owned(),
            origin: Origin::Cli,
            spec: spec.to_owned(),
        };
        self.store.create_job(&new, START).unwrap()
    }

    pub(crate) fn offer(&self, job: JobId, urls: &[NewUrl]) {
        self.store.offer(&self.node, job, urls, None, true, false, START).unwrap();
    }

    /// The queued rows of h.example, leased.
    pub(crate) fn take(&mut self, job: JobId) -> Vec<QueuedUrl> {
        if let Some(claimed) = self.store.claim(&self.node, &[job], 10, START).unwrap().first() {
            self.epoch = claimed.epoch;
        }
        self.store.take(job, host_key("h.example"), 5000, START).unwrap().rows
    }

    /// Gives h.example back, to rest until then.
    pub(crate) fn give_back(&self, not_before: Millis, fails: i32) {
        let host = HostRow { not_before, fails, ..host_row(host_key("h.example")) };
        let release = Release { host, epoch: self.epoch, ready_at: 0 };
        self.store.release(&self.node, &[release], START).unwrap();
    }

    /// Puts off what is queued at h.example.
    pub(crate) fn put_off(&mut self, job: JobId, due_at: Millis) {
        let deferred = self.take(job).iter().map(|row| put_off(row, due_at)).collect();
        self.commit(&Commit { deferred, ..Commit::default() });
    }

    pub(crate) fn commit(&mut self, batch: &Commit) {
        self.seq += 1;
        self.store.commit(&self.node, self.seq, batch, START, LEASE).unwrap();
    }

    /// A root with a title to be quoted, that links to a missing page, a moved one and a private
    /// one, and to a page that stays queued.
    pub(crate) fn crawled(all_links: bool) -> Self {
        let mut world = Self::empty();
        let spec = format!(
            r#"{{"roots":["http://h.example/"],"scope":"host","all_links":{all_links},
                "user_agent":"crawld/0.1.0 (+x)"}}"#
        );
        let job = world.job("docs", &spec).id;
        world.offer(job, &[new_url("http://h.example/", 0, LinkKind::Root, None)]);
        let root = world.take(job).remove(0);
        world.commit(&Commit {
            settled: vec![root_page(&root, all_links)],
            hosts: vec![host_row(root.host)],
            robots: vec![robots_row(&root)],
            jobs: vec![JobDelta {
                job: Some(job),
                pass: 0,
                running_ms: 2000,
                waiting_ms: 500,
                peak_in_flight: 3,
                phases_us: [1000, 2000, 3000, 4000],
                bytes: 0,
            }],
            ..Commit::default()
        });
        let rows = world.take(job);
        let settled = rows.iter().filter_map(linked_page).collect();
        world.commit(&Commit { settled, ..Commit::default() });
        world
    }
}

fn root_page(row: &QueuedUrl, all_links: bool) -> Settled {
    let link = |path: &str, text| {
        let url = format!("http://h.example/{path}");
        NewUrl { referrer: Some(row.key), ..new_url(&url, 1, LinkKind::A, text) }
    };
    let mut private = link("private/a", None);
    private.nofollow = true;
    let found = vec![
        link("gone?a=1,2", Some("say \"go\"")),
        link("moved", None),
        private,
        link("later", None),
    ];
    let target = |target: &str, text: Option<&str>| LinkRow {
        target: target.to_owned(),
        kind: LinkKind::A,
        text: text.map(str::to_owned),
        nofollow: false,
    };
    let all = vec![target("http://h.example/moved", None), target("https://x.example/", Some("X"))];
    let facts = PageFacts {
        status: Some(200),
        content_type: Some("text/html".to_owned()),
        charset: Some("UTF-8".to_owned()),
        bytes: Some(1234),
        links: Some(5),
        title: Some("=Grüße, \"Welt\"".to_owned()),
        digest: Some([0xab; 32]),
        fetched_at: Some(START + 123),
        elapsed_ms: Some(45),
        ..PageFacts::default()
    };
    let links = if all_links { all } else { Vec::new() };
    Settled { facts, found, links, ..settled(row, UrlState::Done) }
}

fn linked_page(row: &QueuedUrl) -> Option<Settled> {
    let sent = |status| PageFacts {
        status: Some(status),
        fetched_at: Some(START + 1000),
        elapsed_ms: Some(7),
        ..PageFacts::default()
    };
    Some(match row.url.rsplit('/').next()? {
        "moved" => Settled {
            redirect_to: Some("http://h.example/".to_owned()),
            facts: sent(301),
            ..settled(row, UrlState::Redirected)
        },
        "a" => Settled {
            reason: Some(Reason::Robots),
            evidence: Some("Disallow: /private/ (line 2)".to_owned()),
            tries: 0,
            asked: false,
            ..settled(row, UrlState::Excluded)
        },
        "later" => return None,
        _ => Settled {
            reason: Some(Reason::Http(404)),
            facts: sent(404),
            ..settled(row, UrlState::Failed)
        },
    })
}

fn put_off(row: &QueuedUrl, due_at: Millis) -> Deferred {
    Deferred {
        task: row.task,
        id: row.id,
        job: row.job,
        host: row.host,
        key: row.key,
        tries: 1,
        due_at,
        reason: Reason::TimeoutHead,
        evidence: None,
        facts: PageFacts::default(),
    }
}

fn host_row(key: HostKey) -> HostRow {
    HostRow {
        key,
        authority: "h.example".to_owned(),
        asked_at: START + 1000,
        not_before: 0,
        backoff_ms: 0,
        fails: 0,
        failing_since: 0,
        answered_at: START + 1007,
    }
}

fn robots_row(row: &QueuedUrl) -> RobotsRow {
    RobotsRow {
        origin: "http://h.example".to_owned(),
        host: row.host,
        fetched_at: START,
        expires_at: START + 1_000_000,
        status: Some(200),
        body: Some(ROBOTS.to_owned()),
    }
}
