//! What a page costs in the store, on SQLite: 64 results with 64 new URLs in one durable commit,
//! then the next 64 rows from the queue. Divide by 64; the budget is 15 µs of CPU a page. Time is
//! that of this thread on the processor, so waiting for the disk and for others does not count.
#![expect(clippy::unwrap_used, reason = "a failure ends the benchmark")]

use crawld::domain::link::LinkKind;
use crawld::domain::outcome::UrlState;
use crawld::domain::role::Role;
use crawld::domain::task::Task;
use crawld::domain::url::CanonicalUrl;
use crawld::domain::{JobId, Millis};
use crawld::frontier::record::{Commit, HostRow, JobDelta, NewUrl, PageFacts, QueuedUrl, Settled};
use crawld::store::{Access, NewJob, Node, Origin, Store};
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 64;
const NOW: Millis = 1_760_000_000_000;

/// Time of this thread on the processor, in nanoseconds.
struct Processor;

impl Measurement for Processor {
    type Intermediate = u64;
    type Value = u64;

    fn start(&self) -> u64 {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        text.split_whitespace().next().unwrap().parse().unwrap()
    }

    fn end(&self, start: u64) -> u64 {
        self.start() - start
    }

    fn add(&self, one: &u64, other: &u64) -> u64 {
        one + other
    }

    fn zero(&self) -> u64 {
        0
    }

    fn to_f64(&self, value: &u64) -> f64 {
        std::time::Duration::from_nanos(*value).as_secs_f64() * 1e9
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        static WALL: WallTime = WallTime;
        WALL.formatter()
    }
}

struct Crawl {
    store: Store,
    node: Node,
    job: JobId,
    seq: i64,
    made: usize,
    queue: Vec<QueuedUrl>,
    host: HostRow,
    _folder: tempfile::TempDir,
}

impl Crawl {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawld.db");
        let store = Store::open(path.to_str().unwrap(), Access::Owner).unwrap();
        let node = store.register("bench", NOW, 30_000).unwrap();
        let new = NewJob {
            name: "bench".to_owned(),
            kind: "crawl".to_owned(),
            origin: Origin::Cli,
            spec: "{}".to_owned(),
        };
        let job = store.create_job(&new, NOW).unwrap().id;
        let roots: Vec<NewUrl> = (0..BATCH).map(|n| url(n, None)).collect();
        store.offer(&node, job, &roots, None, true, false, NOW).unwrap();
        let host = store.claim(&node, &[job], 1, NOW).unwrap().remove(0).host;
        let queue = store.take(job, host.key, BATCH, NOW).unwrap().rows;
        Self { store, node, job, seq: 0, made: BATCH, queue, host, _folder: folder }
    }

    /// Results for what is queued; each page finds one new URL.
    fn batch(&mut self) -> Commit {
        let settled: Vec<Settled> = self
            .queue
            .iter()
            .zip(self.made..)
            .map(|(row, n)| page(row, vec![url(n, Some(row))]))
            .collect();
        self.made += settled.len();
        let delta = JobDelta { job: Some(self.job), running_ms: 50, ..JobDelta::default() };
        let hosts = vec![self.host.clone()];
        Commit { settled, hosts, jobs: vec![delta], ..Commit::default() }
    }

    /// What is measured.
    fn round(&mut self, batch: &Commit) {
        self.seq += 1;
        let committed = self.store.commit(&self.node, self.seq, batch, NOW, 30_000).unwrap();
        assert_eq!(committed.new_urls, [(self.job, 64)]);
        self.queue = self.store.take(self.job, self.host.key, BATCH, NOW).unwrap().rows;
        assert_eq!(self.queue.len(), BATCH);
    }
}

fn url(n: usize, from: Option<&QueuedUrl>) -> NewUrl {
    let text = format!("http://bench.test/a/section-{}/a-page-with-a-usual-name-{n}.html", n % 97);
    let parsed = CanonicalUrl::parse(&text).unwrap();
    NewUrl {
        host: parsed.host_key(),
        authority: "bench.test".to_owned(),
        key: parsed.key(),
        url: text,
        role: Role::Page,
        task: Task::Main,
        depth: from.map_or(0, |row| row.depth + 1),
        hops: 0,
        referrer: from.map(|row| row.key),
        kind: LinkKind::A,
        text: Some("The words of a link".to_owned()),
        nofollow: false,
        excluded: None,
    }
}

fn page(row: &QueuedUrl, found: Vec<NewUrl>) -> Settled {
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
            bytes: Some(8192),
            links: Some(30),
            title: Some("A page's title of usual length, as titles go".to_owned()),
            digest: Some(digest(row)),
            etag: Some("\"65f0c1d2-2000\"".to_owned()),
            last_modified: Some("Tue, 12 Mar 2024 20:51:14 GMT".to_owned()),
            fetched_at: Some(NOW),
            elapsed_ms: Some(12),
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

/// Every page has a content of its own.
fn digest(row: &QueuedUrl) -> [u8; 32] {
    let mut digest = [7; 32];
    digest[..8].copy_from_slice(&row.key.0.to_be_bytes());
    digest
}

fn commit_and_take(criterion: &mut Criterion<Processor>) {
    let mut crawl = Crawl::start();
    let mut group = criterion.benchmark_group("store");
    group.throughput(Throughput::Elements(64));
    group.bench_function("commit 64 pages with 64 new URLs, take 64", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut spent = 0;
            for _ in 0..rounds {
                let batch = crawl.batch();
                let start = Processor.start();
                crawl.round(&batch);
                spent += Processor.end(start);
            }
            spent
        });
    });
    group.finish();
}

criterion_group!(
    name = benches;
    config = Criterion::default().with_measurement(Processor);
    targets = commit_and_take
);
criterion_main!(benches);
