//! The thread that reads a list: sitemaps and URLs given, then each file in turn.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc::Sender;

use super::input;
use crate::domain::counted::counted;
use crate::domain::job::{FetchSpec, Root};
use crate::domain::list::{Entry, ListReader, no_list};
use crate::domain::url::CanonicalUrl;
use crate::named_file;

/// Bytes read at once: of standard input fewer come, and are passed on at once.
const CHUNK: usize = 16 * 1024;
/// Bad lines that are told one by one.
const TOLD: u64 = 20;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// A URL to be asked.
    Page(Root),
    /// A sitemap whose entries are.
    Sitemap(CanonicalUrl),
}

/// What one read gave.
pub(super) type Piece = Vec<Item>;

/// Reads the list and sends it, until all is sent or nobody wants it any more.
pub(super) fn start(list: Arc<FetchSpec>, job: String, to: Sender<Piece>) {
    let reading = thread::Builder::new().name("list".to_owned());
    let begun = reading.spawn(move || {
        let mut errand = Errand { job, to, urls: 0, bad: 0 };
        // Nobody wants the rest.
        if errand.run(&list).is_some() {
            errand.sum_up();
        }
    });
    if let Err(error) = begun {
        log::error!("no thread to read the list: {error}");
    }
}

struct Errand {
    job: String,
    to: Sender<Piece>,
    urls: u64,
    bad: u64,
}

impl Errand {
    /// `None`: nobody listens.
    fn run(&mut self, list: &FetchSpec) -> Option<()> {
        let sitemaps = list.sitemaps.iter().filter_map(|text| Root::parse(text).ok());
        self.send(sitemaps.map(|root| Item::Sitemap(root.url)).collect())?;
        self.read("urls", list, &mut list.urls.join("\n").as_bytes())?;
        for file in &list.files {
            if file == "-" {
                self.read("standard input", list, &mut input::all())?;
                continue;
            }
            match named_file::open(Path::new(file)) {
                Ok(mut open) => self.read(file, list, &mut open)?,
                Err(error) => log::error!("job={} {file}: {error}", self.job),
            }
        }
        Some(())
    }

    fn read(&mut self, name: &str, list: &FetchSpec, from: &mut dyn Read) -> Option<()> {
        // URLs given one by one are no table.
        let column = list.column().filter(|_| name != "urls");
        let mut reader = ListReader::new(column.as_ref());
        let (mut chunk, mut first) = (vec![0; CHUNK], true);
        loop {
            let mut piece = Vec::new();
            match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => {
                    let bytes = chunk.get(..length).unwrap_or_default();
                    if let Some(what) = no_list(bytes).filter(|_| first) {
                        log::error!("job={} {name}: {what}; it is not read", self.job);
                        return Some(());
                    }
                    first = false;
                    reader.feed(bytes, &mut |entry| self.take(name, entry, &mut piece));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    log::error!("job={} {name}: {error}; the rest is not read", self.job);
                    break;
                }
            }
            self.send(piece)?;
        }
        let mut piece = Vec::new();
        reader.finish(&mut |entry| self.take(name, entry, &mut piece));
        self.send(piece)
    }

    fn take(&mut self, name: &str, entry: Entry, piece: &mut Piece) {
        match entry.url {
            Ok(root) => {
                self.urls += 1;
                piece.push(Item::Page(root));
            }
            Err(why) => {
                self.bad += 1;
                if self.bad <= TOLD {
                    log::warn!("{name}:{}: {why}", entry.line);
                } else if self.bad == TOLD + 1 {
                    log::warn!("{name}: further bad lines are only counted");
                }
            }
        }
    }

    fn send(&self, piece: Piece) -> Option<()> {
        if piece.is_empty() {
            return Some(());
        }
        self.to.blocking_send(piece).ok()
    }

    fn sum_up(&self) {
        let (job, urls, bad) = (&self.job, self.urls, self.bad);
        match bad {
            // A sitemap alone is read elsewhere.
            0 if urls == 0 => {}
            0 => log::info!("job={job} the list is read: {}", counted(urls, "URL")),
            _ => log::warn!(
                "job={job} the list is read: {}, {} left out",
                counted(urls, "URL"),
                counted(bad, "bad line")
            ),
        }
    }
}
