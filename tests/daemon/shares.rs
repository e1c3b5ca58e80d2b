//! Jobs side by side share the slots by their priority, as the server sees it.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::asked;
use crate::common::http::Reply;
use crate::common::site::{Pages, Site};
use crate::service::Service;

const LONG: Duration = Duration::from_mins(1);
const SLOTS: usize = 8;
/// Leaves of each host.
const LEAVES: usize = 60;

/// Requests that wait for their answer, by the job that asks.
#[derive(Default)]
struct Queue {
    waiting: [usize; 2],
    released: [usize; 2],
    all: bool,
}

/// Where requests wait until the test lets one go.
#[derive(Clone, Default)]
struct Desk(Arc<(Mutex<Queue>, Condvar)>);

impl Desk {
    fn wait(&self, job: usize) {
        let (queue, changed) = &*self.0;
        let mut queue = queue.lock().unwrap();
        queue.waiting[job] += 1;
        changed.notify_all();
        let mut queue =
            changed.wait_while(queue, |queue| !queue.all && queue.released[job] == 0).unwrap();
        queue.released[job] = queue.released[job].saturating_sub(1);
    }

    /// One request of the job is answered.
    fn release(&self, job: usize) {
        let mut queue = self.0.0.lock().unwrap();
        queue.waiting[job] -= 1;
        queue.released[job] += 1;
        self.0.1.notify_all();
    }

    /// Everything is answered from now on.
    fn open(&self) {
        self.0.0.lock().unwrap().all = true;
        self.0.1.notify_all();
    }

    /// How many wait for each job, once every slot is taken.
    fn full(&self) -> [usize; 2] {
        let few = |queue: &mut Queue| queue.waiting.iter().sum::<usize>() < SLOTS;
        let (queue, late) =
            self.0.1.wait_timeout_while(self.0.0.lock().unwrap(), LONG, few).unwrap();
        assert!(!late.timed_out(), "a slot stays empty: {:?}", queue.waiting);
        queue.waiting
    }
}

/// All of 127.0.0.0/8 on one port. Roots are answered at once, leaves at the desk.
fn site(desk: &Desk) -> Site {
    let leaves = |job: usize| (0..LEAVES).map(|n| format!("/{job}/{n}")).collect::<Vec<_>>();
    let pages = [0, 1].iter().fold(Pages::new(), |pages, job| {
        let leaves = leaves(*job);
        let leaves: Vec<&str> = leaves.iter().map(String::as_str).collect();
        pages.links(&format!("/{job}/"), &leaves)
    });
    let desk = desk.clone();
    let pages = pages.otherwise(move |request| {
        desk.wait(usize::from(request.path.starts_with("/1/")));
        Reply::html("leaf")
    });
    pages.open_at("0.0.0.0:0")
}

/// A job on four hosts of its own.
fn job(number: usize, priority: u32, port: u16) -> String {
    let roots: Vec<_> =
        (2..6).map(|host| format!("\"http://127.0.{number}.{host}:{port}/{number}/\"")).collect();
    format!(
        "[jobs.job{number}]\nkind = \"crawl\"\nroots = [{}]\nrobots = false\ndelay = \"0ms\"\n\
         per_host = 8\nlatency_factor = 0\npriority = {priority}\n",
        roots.join(", ")
    )
}

#[test]
fn slots_are_shared_by_priority_and_a_job_alone_has_all_of_them() {
    let desk = Desk::default();
    let site = site(&desk);
    let (low, high) = (job(0, 1, site.port()), job(1, 3, site.port()));
    let daemon = format!("[daemon]\nconcurrency = {SLOTS}\n");
    let service = Service::start(&format!("{daemon}{low}"));
    assert_eq!(desk.full(), [SLOTS, 0], "alone");
    service.configure(&format!("{daemon}{low}{high}"));
    service.reload(0);
    // Whatever is answered, the next slot is for who has less than its share; a queue that is just
    // being read lets the other go first.
    let mut steps = 0;
    while desk.full() != [2, 6] {
        let [low, _] = desk.full();
        desk.release(usize::from(low < 2));
        steps += 1;
        assert!(steps < 40, "never 1 to 3: {:?}", desk.full());
    }
    for turn in 0..40 {
        desk.release(usize::from(turn % 3 > 0));
        assert_eq!(desk.full(), [2, 6], "after {turn} answers");
    }
    service.crawld(0, &["pause", "job0"]);
    desk.release(0);
    desk.release(0);
    assert_eq!(desk.full(), [0, SLOTS], "alone again");
    service.crawld(0, &["resume", "job0"]);
    desk.open();
    for name in ["job0", "job1"] {
        service.until_state(name, "done");
    }
    service.end();
    assert_eq!(asked(&site).values().sum::<usize>(), 2 * 4 * (1 + LEAVES));
}
