//! A fresh database for each test, and short words for what is stored in it.

use std::sync::atomic::{AtomicU32, Ordering};

use crawld::domain::link::LinkKind;
use crawld::domain::outcome::{Reason, UrlState};
use crawld::domain::role::Role;
use crawld::domain::task::Task;
use crawld::domain::url::CanonicalUrl;
use crawld::domain::{HostKey, JobId, Millis, UrlKey};
use crawld::frontier::record::{
    Commit, Committed, Deferred, NewUrl, PageFacts, QueuedUrl, Settled,
};
use crawld::store::{Access, JobRow, NewJob, Node, Offered, Origin, PageRecord, Store};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// The moment at which tests begin.
pub(crate) const NOW: Millis = 1_760_000_000_000;
/// The lease of test nodes.
pub(crate) const LEASE: Millis = 30_000;

/// Runs each test on both databases.
macro_rules! on_both {
    ($(fn $name:ident($ground:ident: Ground) $body:block)*) => {$(
        mod $name {
            use super::*;
            fn check($ground: Ground) $body
            #[test]
            fn sqlite() { check(Ground::sqlite()) }
            #[test]
            fn postgres() { check(Ground::postgres()) }
        }
    )*};
}
pub(crate) use on_both;

/// A store of its own with one job and one node.
pub(crate) struct Ground {
    pub(crate) store: Store,
    pub(crate) url: String,
    pub(crate) job: JobId,
    pub(crate) node: Node,
    home: Home,
}

enum Home {
    Folder(#[expect(dead_code, reason = "removed when dropped")] TempDir),
    Server(String),
}

impl Ground {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("a b%.db").display());
        Self::at(url, Home::Folder(folder))
    }

    pub(crate) fn postgres() -> Self {
        let name = database();
        run_on_server(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"));
        Self::at(format!("{}{name}", server()), Home::Server(name))
    }

    fn at(url: String, home: Home) -> Self {
        let store = Store::open(&url, Access::Owner).unwrap();
        let node = store.register("first", NOW, LEASE).unwrap();
        let job = store.create_job(&new_job("j"), NOW).unwrap().id;
        Self { store, url, job, node, home }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// The store closed and opened again, by the same node.
    pub(crate) fn opened_again(self) -> Self {
        let Self { store, url, job, node, home } = self;
        drop(store);
        let store = Store::open(&url, Access::Owner).unwrap();
        Self { store, url, job, node, home }
    }

    /// Another store on the same database, to read.
    pub(crate) fn reader(&self) -> Store {
        Store::open(&self.url, Access::Reader).unwrap()
    }

    /// Runs plain SQL beside the store.
    pub(crate) fn sql(&self, text: &str) {
        match &self.home {
            Home::Folder(_) => {
                let path = self.url.trim_start_matches("sqlite://");
                let path = format!("file:{}", path.replace('%', "%25"));
                let mut conn = SqliteConnection::establish(&path).unwrap();
                conn.batch_execute(text).unwrap();
            }
            Home::Server(_) => {
                PgConnection::establish(&self.url).unwrap().batch_execute(text).unwrap();
            }
        }
    }

    /// The same database, closed and opened again.
    pub(crate) fn reopened(self) -> Self {
        let Self { store, url, job, home, .. } = self;
        drop(store);
        let store = Store::open(&url, Access::Owner).unwrap();
        let node = store.register("again", NOW, LEASE).unwrap();
        Self { store, url, job, node, home }
    }

    pub(crate) fn job_row(&self) -> JobRow {
        self.store.job_by_name("j").unwrap().unwrap()
    }

    /// Offers URLs as roots.
    pub(crate) fn offer(&self, urls: &[NewUrl], now: Millis) -> Offered {
        self.store.offer(&self.node, self.job, urls, None, false, false, now).unwrap()
    }

    /// The first due rows of a host.
    pub(crate) fn take(&self, authority: &str, now: Millis) -> Vec<QueuedUrl> {
        self.store.take(self.job, host(authority), 100, now).unwrap().rows
    }

    /// The queue's row of a URL.
    pub(crate) fn queued(&self, url: &str) -> QueuedUrl {
        let key = key(url);
        let host = CanonicalUrl::parse(url).unwrap().host_key();
        let rows = self.store.take(self.job, host, 10_000, Millis::MAX / 2).unwrap().rows;
        rows.into_iter().find(|row| row.key == key).unwrap_or_else(|| panic!("{url} is not queued"))
    }

    pub(crate) fn commit(&self, seq: i64, batch: &Commit) -> Committed {
        self.store.commit(&self.node, seq, batch, NOW, LEASE).unwrap()
    }

    /// Every stored URL.
    pub(crate) fn pages(&self) -> Vec<PageRecord> {
        self.store.pages_after(self.job, i64::MIN, 10_000).unwrap()
    }

    pub(crate) fn page(&self, url: &str) -> PageRecord {
        let parsed = CanonicalUrl::parse(url).unwrap();
        let found = self.store.page(self.job, parsed.host_key(), parsed.key()).unwrap();
        found.unwrap_or_else(|| panic!("{url} is not stored"))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Self::Server(name) = self {
            run_on_server(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn server() -> String {
    std::env::var("CRAWLD_TEST_POSTGRES").expect(
        "these tests need PostgreSQL: run scripts/test, or set CRAWLD_TEST_POSTGRES to \
         postgres://user@host:port/ of a server where databases may be created",
    )
}

fn run_on_server(sql: &str) {
    let url = format!("{}postgres", server());
    PgConnection::establish(&url).unwrap().batch_execute(sql).unwrap();
}

fn database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("crawld_test_{}_{count}", std::process::id())
}

pub(crate) fn new_job(name: &str) -> NewJob {
    NewJob {
        name: name.to_owned(),
        kind: "crawl".to_owned(),
        origin: Origin::Cli,
        spec: "{}".to_owned(),
    }
}

pub(crate) fn host(authority: &str) -> HostKey {
    crawld::domain::url::host_key(authority)
}

pub(crate) fn key(url: &str) -> UrlKey {
    CanonicalUrl::parse(url).unwrap().key()
}

/// A root.
pub(crate) fn root(url: &str) -> NewUrl {
    let parsed = CanonicalUrl::parse(url).unwrap();
    NewUrl {
        host: parsed.host_key(),
        authority: parsed.authority().to_owned(),
        key: parsed.key(),
        url: url.to_owned(),
        role: Role::Page,
        task: Task::Main,
        depth: 0,
        hops: 0,
        referrer: None,
        kind: LinkKind::Root,
        text: None,
        nofollow: false,
        excluded: None,
    }
}

/// A link found on a page.
pub(crate) fn link(url: &str, from: &str, depth: i32) -> NewUrl {
    NewUrl {
        depth,
        referrer: Some(key(from)),
        kind: LinkKind::A,
        text: Some(format!("to {url}")),
        ..root(url)
    }
}

/// A sitemap; `from`: the index that lists it.
pub(crate) fn sitemap(url: &str, from: Option<&str>, nesting: i32) -> NewUrl {
    let parse = |url| CanonicalUrl::parse(url).unwrap();
    NewUrl {
        key: Role::Sitemap.key(&parse(url)),
        role: Role::Sitemap,
        task: Task::Main,
        depth: nesting,
        referrer: from.map(|from| Role::Sitemap.key(&parse(from))),
        kind: LinkKind::Sitemap,
        ..root(url)
    }
}

/// A link that a rule excludes.
pub(crate) fn excluded(url: &str, from: &str, depth: i32, reason: Reason) -> NewUrl {
    NewUrl { excluded: Some((reason, "the rule".to_owned())), ..link(url, from, depth) }
}

/// A page read in full.
pub(crate) fn done(row: &QueuedUrl, found: Vec<NewUrl>) -> Settled {
    Settled {
        id: row.id,
        job: row.job,
        host: row.host,
        key: row.key,
        role: row.role,
        task: Task::Main,
        state: UrlState::Done,
        reason: None,
        evidence: None,
        redirect_to: None,
        redirect_key: None,
        tries: 1,
        facts: PageFacts {
            status: Some(200),
            content_type: Some("text/html".to_owned()),
            charset: Some("UTF-8".to_owned()),
            bytes: Some(1000),
            links: Some(i32::try_from(found.len()).unwrap()),
            title: Some("A title".to_owned()),
            digest: Some([0xab; 32]),
            fetched_at: Some(NOW + 7),
            elapsed_ms: Some(40),
            ..PageFacts::default()
        },
        found,
        links: Vec::new(),
        gathered: None,
        asked: true,
        unmodified: false,
        recording: None,
    }
}

/// A page that failed.
pub(crate) fn failed(row: &QueuedUrl, reason: Reason) -> Settled {
    let status = if let Reason::Http(status) = reason { Some(status) } else { None };
    Settled {
        state: UrlState::Failed,
        reason: Some(reason),
        facts: PageFacts { status, ..PageFacts::default() },
        ..done(row, Vec::new())
    }
}

/// A redirect whose target is offered.
pub(crate) fn redirected(row: &QueuedUrl, target: &str) -> Settled {
    let mut found = link(target, &row.url, row.depth);
    found.kind = LinkKind::Redirect;
    found.hops = row.hops + 1;
    Settled {
        state: UrlState::Redirected,
        redirect_to: Some(target.to_owned()),
        redirect_key: Some(key(target)),
        facts: PageFacts { status: Some(301), ..PageFacts::default() },
        found: vec![found],
        ..done(row, Vec::new())
    }
}

/// A try to be repeated.
pub(crate) fn deferred(row: &QueuedUrl, due_at: Millis) -> Deferred {
    Deferred {
        task: row.task,
        id: row.id,
        job: row.job,
        host: row.host,
        key: row.key,
        tries: row.tries + 1,
        due_at,
        reason: Reason::Http(503),
        evidence: None,
        facts: PageFacts { status: Some(503), ..PageFacts::default() },
    }
}

pub(crate) fn settle(settled: Vec<Settled>) -> Commit {
    Commit { settled, ..Commit::default() }
}
