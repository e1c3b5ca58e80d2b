//! Nothing new is asked before a disk is full, and everything goes on when there is room again.
#![cfg(test)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::generated::Generated;
use common::run::Crawld;
use common::site::{Pages, Site};
use common::together::{self, Silent};
use crawld::actors::messages::Observation;
use crawld::actors::supervisor::{End, Settings};
use crawld::app::Progress;
use crawld::disk::{Look, Rule};
use crawld::domain::job::JobSpec;
use crawld::metrics::Metrics;
use crawld::order::Order;
use crawld::store::{Origin, StoreErrorKind};

const SHAPE: Generated = Generated { pages: 400, links: 6 };
const MIN_FREE: u64 = 1 << 20;
/// More than any disk has.
const TOO_MUCH: &str = "8000000000GiB";

fn order(site: &Site) -> Order {
    let spec = JobSpec {
        roots: vec![site.at(&Generated::path(0))],
        delay_ms: 1,
        robots: false,
        ..JobSpec::default()
    };
    Order { name: "docs".to_owned(), spec, again: false, origin: Origin::Cli }
}

fn rule(look: Look) -> Rule {
    Rule { look, period: Duration::from_millis(10), ..Rule::keep(MIN_FREE) }
}

/// Takes the room away in mid-run, and gives it back in two steps.
struct Squeeze {
    free: &'static AtomicU64,
    site: Arc<Site>,
    metrics: Arc<Metrics>,
    /// Looks on since nothing has moved any more, and what had been asked then.
    still: Option<(u32, usize)>,
    done: Arc<AtomicU64>,
}

impl Progress for Squeeze {
    fn show(&mut self, seen: &Observation) {
        let says = seen.waiting.as_deref().is_some_and(|words| words.contains("disk"));
        match &mut self.still {
            None if says && seen.in_flight == 0 => self.still = Some((0, self.site.requests())),
            None if seen.settled >= 50 => self.free.store(MIN_FREE - 1, Ordering::SeqCst),
            None => {}
            Some((looks, asked)) => {
                *looks += 1;
                if *looks <= 40 {
                    assert!(says, "{seen:?}");
                    assert_eq!(self.site.requests(), *asked, "something new is asked");
                }
                // A little more than must stay free is not yet room.
                let (little, enough) = (MIN_FREE + MIN_FREE / 8, 2 * MIN_FREE);
                self.free.store(if *looks < 40 { little } else { enough }, Ordering::SeqCst);
                self.done.store(u64::from(*looks), Ordering::SeqCst);
            }
        }
        self.metrics.service.watched(true);
    }

    fn period(&self) -> Duration {
        Duration::from_millis(5)
    }
}

#[test]
fn a_crawl_pauses_before_the_disk_is_full_and_goes_on_when_there_is_room() {
    static FREE: AtomicU64 = AtomicU64::new(1 << 40);
    let look: Look = |_| Ok(FREE.load(Ordering::SeqCst));
    let site = Arc::new(SHAPE.pages().open());
    let folder = tempfile::tempdir().unwrap();
    let store = together::store(folder.path());
    let (metrics, looks) = (Arc::new(Metrics::new(0)), Arc::new(AtomicU64::new(0)));
    let squeeze = Squeeze {
        free: &FREE,
        site: Arc::clone(&site),
        metrics: Arc::clone(&metrics),
        still: None,
        done: Arc::clone(&looks),
    };
    let settings = Settings { disk: rule(look), metrics: Some(metrics), ..together::settings() };
    let (end, ids) = together::run(&store, &[order(&site)], settings, squeeze);
    assert_eq!(end, End::Complete);
    assert!(looks.load(Ordering::SeqCst) > 40, "it never stood still");
    assert_eq!(site.requests(), SHAPE.pages, "each page once");
    assert_eq!(store.pages_after(ids[0], i64::MIN, 1000).unwrap().len(), SHAPE.pages);
}

/// Takes the room away in mid-run.
struct Fill(&'static AtomicU64);

impl Progress for Fill {
    fn show(&mut self, seen: &Observation) {
        if seen.settled >= 20 {
            self.0.store(0, Ordering::SeqCst);
        }
    }

    fn period(&self) -> Duration {
        Duration::from_millis(5)
    }
}

#[test]
fn a_run_that_waits_in_vain_ends_as_with_other_trouble_of_the_store_and_loses_nothing() {
    static FREE: AtomicU64 = AtomicU64::new(1 << 40);
    let look: Look = |_| Ok(FREE.load(Ordering::SeqCst));
    let site = SHAPE.pages().open();
    let folder = tempfile::tempdir().unwrap();
    let store = together::store(folder.path());
    let patience = Duration::from_millis(50);
    let disk = Rule { patience, ..rule(look) };
    let settings = Settings { disk: disk.clone(), ..together::settings() };
    let (end, _) = together::run(&store, &[order(&site)], settings, Fill(&FREE));
    let End::StoreLost(error) = end else { panic!("{end:?}") };
    assert_eq!(error.kind, StoreErrorKind::Full);
    assert!(error.message.contains("database.min_free"), "{error}");
    assert!(site.requests() < SHAPE.pages);

    FREE.store(1 << 40, Ordering::SeqCst);
    let settings = Settings { disk, ..together::settings() };
    let (end, ids) = together::run(&store, &[order(&site)], settings, Silent);
    assert_eq!(end, End::Complete);
    assert_eq!(site.requests(), SHAPE.pages, "what was in flight then is stored");
    assert_eq!(store.pages_after(ids[0], i64::MIN, 1000).unwrap().len(), SHAPE.pages);
}

#[test]
fn without_room_at_the_start_a_command_ends_with_69_and_asks_nothing() {
    let site = Pages::new().page("/", "x").open();
    let crawld = Crawld::new().env("CRAWLD__DATABASE__MIN_FREE", TOO_MUCH);
    let told = crawld.expect(69, &["crawl", &site.at("/"), "--quiet"]).stderr;
    assert!(told.contains("database.min_free") && told.contains("free at "), "{told}");
    assert_eq!(site.requests(), 0);
    let crawld = Crawld::new().env("CRAWLD__DATABASE__MIN_FREE", "0");
    crawld.expect(0, &["crawl", &site.at("/"), "--no-robots"]);
}

#[test]
fn the_folder_of_an_archive_needs_room_as_well() {
    let look: Look = |path| Ok(if path.ends_with("archive") { 0 } else { 1 << 40 });
    let site = SHAPE.pages().open();
    let folder = tempfile::tempdir().unwrap();
    let store = together::store(folder.path());
    let archive = folder.path().join("archive").to_str().unwrap().to_owned();
    let mut order = order(&site);
    order.spec.warc = Some(archive.clone());
    let settings = Settings { disk: rule(look), ..together::settings() };
    let (end, _) = together::run(&store, &[order], settings, Silent);
    let End::StoreLost(error) = end else { panic!("{end:?}") };
    assert!(error.message.contains(&archive), "{error}");
    assert_eq!(site.requests(), 0);
}
