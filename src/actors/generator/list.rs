//! A list on its way to the store: read on a thread of its own, since standard input may be slow,
//! and kept until the store has it.
//!
//! Invariant: the last entries handed out, up to number `ended`, are kept in `handed`; they are handed
//! out again until a cursor says that the store has them. So neither a generator nor a scheduler that
//! dies loses one. The list is read once in a run, from its beginning: what the store has already
//! changes nothing there.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::sync::mpsc::{self, Receiver};

use super::reader::{self, Item, Piece};
use crate::actors::messages::Batch;
use crate::domain::job::{FetchSpec, Job};
use crate::domain::task::Task;
use crate::frontier::discover::new_url;
use crate::frontier::record::NewUrl;
use crate::frontier::sitemaps::new_sitemap;

/// Pieces read ahead of the store.
const AHEAD: usize = 4;

/// The list of a job in this run; clones are the same list.
#[derive(Debug, Clone)]
pub struct ListSource(Arc<Mutex<Position>>);

#[derive(Debug)]
struct Position {
    from: Receiver<Piece>,
    /// Read, and not handed out yet.
    rest: VecDeque<Item>,
    handed: Vec<NewUrl>,
    ended: u64,
    over: bool,
}

impl ListSource {
    /// Begins to read the list of the job with this name.
    #[must_use]
    pub fn open(list: &Arc<FetchSpec>, job: &str) -> Self {
        let (to, from) = mpsc::channel(AHEAD);
        reader::start(Arc::clone(list), job.to_owned(), to);
        Self(Arc::new(Mutex::new(Position {
            from,
            rest: VecDeque::new(),
            handed: Vec::new(),
            ended: 0,
            over: false,
        })))
    }

    /// The entries after `cursor`, about `room` of them: those that there are, as soon as there is
    /// one.
    pub(super) async fn produce(&self, job: &Job, cursor: Option<&str>, room: usize) -> Batch {
        let stored = cursor.and_then(|c| c.strip_prefix("list:")).and_then(|n| n.parse().ok());
        let mut position = self.0.lock().await;
        if position.ended <= stored.unwrap_or(0) {
            position.advance(job, room).await;
        }
        Batch::Offer {
            urls: position.handed.clone(),
            cursor: format!("list:{}", position.ended),
            exhausted: position.over && position.rest.is_empty(),
        }
    }
}

impl Position {
    /// Lets go of what the store has, and takes what comes next.
    async fn advance(&mut self, job: &Job, room: usize) {
        self.handed.clear();
        while self.rest.is_empty() && !self.over {
            // May be broken off: a piece is received whole or not at all.
            match self.from.recv().await {
                Some(piece) => self.rest.extend(piece),
                None => self.over = true,
            }
        }
        while self.rest.len() < room {
            match self.from.try_recv() {
                Ok(piece) => self.rest.extend(piece),
                Err(error) => {
                    self.over |= error == mpsc::error::TryRecvError::Disconnected;
                    break;
                }
            }
        }
        let items = self.rest.drain(..self.rest.len().min(room.max(1)));
        self.handed.extend(items.map(|item| entry(job, item)));
        self.ended += u64::try_from(self.handed.len()).unwrap_or(u64::MAX);
    }
}

/// An entry as it enters the frontier: as a root does.
fn entry(job: &Job, item: Item) -> NewUrl {
    match item {
        Item::Page(root) => {
            job.named_hosts.add([root.url.host_key()]);
            let task = if root.guessed { Task::Guessed } else { Task::Main };
            NewUrl { task, ..new_url(job, &root.url, 0) }
        }
        Item::Sitemap(url) => {
            job.named_hosts.add([url.host_key()]);
            new_sitemap(job, &url, 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::domain::JobId;
    use crate::domain::job::JobSpec;

    fn list_of(lines: usize) -> (tempfile::NamedTempFile, Job, ListSource) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for n in 0..lines {
            writeln!(file, "http://h{}.example/{n}", n % 7).unwrap();
        }
        file.flush().unwrap();
        let files = vec![file.path().to_str().unwrap().to_owned()];
        let fetch = FetchSpec { files, ..FetchSpec::default() };
        let spec = JobSpec {
            kind: "fetch".to_owned(),
            scope: "any".to_owned(),
            fetch: Some(fetch.clone()),
            ..JobSpec::default()
        };
        let source = ListSource::open(&Arc::new(fetch), "t");
        (file, Job::new(JobId(1), "t", &spec).unwrap(), source)
    }

    fn parts(batch: Batch) -> (Vec<String>, String, bool) {
        let Batch::Offer { urls, cursor, exhausted } = batch else { panic!("{batch:?}") };
        (urls.into_iter().map(|new| new.url).collect(), cursor, exhausted)
    }

    #[actix_rt::test]
    async fn what_the_store_has_not_confirmed_is_handed_out_again() {
        let (_file, job, source) = list_of(10);
        let (first, cursor, _) = parts(source.produce(&job, None, 4).await);
        assert_eq!((first.len(), cursor.as_str()), (4, "list:4"));
        // The offer got lost with the scheduler.
        let (again, cursor, _) = parts(source.clone().produce(&job, Some("list:0"), 4).await);
        assert_eq!((again, cursor.as_str()), (first, "list:4"));
        let (next, cursor, _) = parts(source.produce(&job, Some("list:4"), 4).await);
        assert_eq!((next[0].as_str(), cursor.as_str()), ("http://h4.example/4", "list:8"));
    }

    #[actix_rt::test]
    async fn a_long_list_is_never_held() {
        let lines = 200_000;
        let (_file, job, source) = list_of(lines);
        let (mut cursor, mut count) = (None, 0);
        loop {
            let (urls, next, exhausted) =
                parts(source.produce(&job, cursor.as_deref(), 1_000).await);
            count += urls.len();
            let position = source.0.lock().await;
            let held = position.rest.len() + position.handed.len();
            assert!(held < 5_000, "{held} entries held after {count}");
            if exhausted {
                break;
            }
            cursor = Some(next);
        }
        assert_eq!(count, lines);
    }
}
