//! The window alone: what handing out, settling and forgetting one URL costs.

use std::hint::black_box;
use std::sync::Arc;

use crawld::domain::job::{Job, JobSpec};
use crawld::domain::role::Role;
use crawld::domain::task::Task;
use crawld::domain::url::CanonicalUrl;
use crawld::domain::{JobId, Millis};
use crawld::frontier::answer::Answer;
use crawld::frontier::host::Work;
use crawld::frontier::record::{ClaimedHost, ClaimedJob, HostRow, PageFacts, QueuedUrl, Taken};
use crawld::frontier::verdict::{Moment, Verdict};
use crawld::frontier::window::{Step, Window};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const JOB: JobId = JobId(1);
const NOW: Millis = 1_000_000;

fn rows(host: usize, count: usize) -> Vec<QueuedUrl> {
    (0..count)
        .filter_map(|page| {
            let url = CanonicalUrl::parse(&format!("http://h{host}.example/page/{page}")).ok()?;
            let id = i64::try_from(host * 100_000 + page).ok()?;
            Some(QueuedUrl {
                id,
                job: JOB,
                host: url.host_key(),
                key: url.key(),
                url: url.as_str().to_owned(),
                role: Role::Page,
                task: Task::Main,
                depth: 1,
                hops: 0,
                tries: 0,
                due_at: NOW,
                validators: None,
                query: None,
            })
        })
        .collect()
}

/// A window with so many hosts and so many due rows on each.
fn window(hosts: usize, pages: usize) -> Window {
    let spec = JobSpec {
        roots: vec!["http://h0.example/".to_owned()],
        scope: "any".to_owned(),
        delay_ms: 0,
        per_host: 64,
        robots: false,
        ..JobSpec::default()
    };
    let mut window = Window::default();
    if let Ok(job) = Job::new(JOB, "bench", &spec) {
        window.add_job(Arc::new(job));
    }
    for host in 0..hosts {
        let authority = format!("h{host}.example");
        let key = crawld::domain::url::host_key(&authority);
        let row = HostRow {
            key,
            authority,
            asked_at: 0,
            not_before: 0,
            backoff_ms: 0,
            fails: 0,
            failing_since: 0,
            answered_at: 0,
        };
        let jobs = vec![ClaimedJob { job: JOB, waiting: true, given_up: None }];
        window.lease(&ClaimedHost { host: row, epoch: 1, jobs, robots: Vec::new() }, NOW);
        window.took(
            JOB,
            key,
            Taken { rows: rows(host, pages), complete: true, next_due: None, asked: None },
        );
    }
    window
}

/// Hands out, settles and forgets every row.
fn drain(mut window: Window) {
    while let Some(Step::Ask(host, work)) = window.next(NOW, &|_| true) {
        let Work::Page(row, _) = work else { continue };
        let id = row.id;
        let facts = PageFacts { status: Some(200), fetched_at: Some(NOW), ..PageFacts::default() };
        let answer = Answer { facts, begun_at: NOW, ..Answer::default() };
        let moment = Moment { now: NOW, luck: 7, stale: false, renewed: false };
        if let Some(Verdict::Settled(settled)) = window.settle(row, answer, true, moment) {
            black_box(settled);
        }
        window.committed(host, id);
    }
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("window");
    for (name, hosts, pages) in [("one host", 1, 4_000), ("256 hosts", 256, 16)] {
        group.throughput(Throughput::Elements(u64::try_from(hosts * pages).unwrap_or(1)));
        group.bench_function(name, |bench| {
            bench.iter_batched(|| window(hosts, pages), drain, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(window_benches, benches);
criterion_main!(window_benches);
