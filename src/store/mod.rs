//! The durable store: SQLite by default, PostgreSQL for many daemons, behind the same synchronous
//! functions.
//!
//! Every mutation is one transaction. Nothing here reads a clock, starts an actor or knows one;
//! `now` is an argument, in Unix milliseconds.
//!
//! The files: `target`, `sqlite`, `connection` (the two databases as one type), `prepared` (statements of every commit), `lock` (who owns a
//! SQLite file), `migrate`, `schema`, `error`; then one for each concern: `node` (daemons and their
//! leases), `job`, `limits`, `offer`, `insert`, `known_rows` and `wake` (URLs become known), `commit`
//! and `settle` (results), `unmodified` (results that stay), `content` (duplicates), `warc`
//! (archives), `claim` (hosts are leased), `queue` (reading it, giving hosts back), `amend` (give up,
//! retry, forget), `cookies`, `sitemaps`, `harvest` (queries of an endpoint), `items` and `listing`
//! (what scraping gives, where it goes on), `left_out` (items that lack something), `this_pass` (what counts in it), and the readers `report`, `size`, `harvested`, `item_rows`, `export`,
//! `suggestions`, `lookup`; `transfer` and `backup` copy a store.

mod amend;
mod backup;
mod changes;
mod claim;
mod commit;
mod connection;
mod content;
mod cookies;
mod error;
mod export;
mod given;
mod harvest;
mod harvested;
mod insert;
mod item_rows;
mod items;
mod job;
mod job_state;
mod known_rows;
mod left_out;
mod limits;
mod listing;
mod lock;
mod lookup;
mod migrate;
mod named;
pub mod node;
mod offer;
mod page_links;
mod plain;
mod prepared;
mod queue;
mod reinstate;
mod report;
mod schema;
mod settle;
mod sitemaps;
mod size;
mod sketch;
mod sqlite;
mod status;
mod suggestions;
mod target;
mod templates;
mod this_pass;
mod transfer;
mod unmodified;
mod wake;
mod warc;

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use diesel::prelude::*;

use crate::domain::Millis;
use crate::named_file;
use connection::{Connections, Manager, both};
use error::Fault;
use lock::OwnerLock;
use sketch::Sketch;
use target::Target;

pub use amend::Retry;
pub use changes::Changes;
pub use error::{StoreError, StoreErrorKind};
pub use export::{LinkPosition, LinkRecord, PageRecord};
pub use harvest::Refilled;
pub use harvested::{Harvested, KindSum};
pub use item_rows::{Change, FieldSums, ItemPosition, ItemRecord, ItemSums};
pub use job::{JobRow, NewJob};
pub use job_state::{JobState, Origin};
pub use limits::Left;
pub use lookup::Share;
pub use offer::{JobPass, Offered, Revisited};
pub use page_links::{Holders, PageLink, Way};
pub use report::{HostSum, JobReport};
pub use sitemaps::SitemapSums;
pub use status::{Standing, Waiting};
pub use suggestions::{SuggestionPosition, SuggestionRecord};
pub use templates::{Crowd, REPORTED};

/// What a call of the store gives.
pub type Result<T> = std::result::Result<T, StoreError>;

/// No legal wait is longer (Retry-After, back-off, a host's rest): a stored time further ahead
/// comes from a clock that jumped, and counts as now.
pub const LONGEST_WAIT: Millis = 7 * 24 * 3_600_000;

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To crawl: brings the schema up to date; a SQLite file has one owner at a time.
    Owner,
    /// To read only, also while a crawl runs; creates no database.
    Reader,
}

/// A daemon as the store knows it. Its number is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Random, positive, 63 bits.
    pub id: i64,
    /// The number of its last commit when it registered: 0.
    pub seq: i64,
}

/// An open store. Its calls block.
#[derive(Debug)]
pub struct Store {
    // In this order: connections are closed before the file's lock is given up.
    connections: Connections,
    ids: Ids,
    folder: Option<PathBuf>,
    sketch: Mutex<Sketch>,
    archives: Mutex<warc::Archives>,
    machines: Mutex<harvest::Machines>,
    _lock: Option<OwnerLock>,
}

impl Store {
    /// Opens the store at `url`: `sqlite://PATH`, a bare path, or `postgres://...`.
    ///
    /// # Errors
    /// With a kind that says what is wrong; a file that is refused is left as it was.
    pub fn open(url: &str, access: Access) -> Result<Self> {
        let target = Target::parse(url)?;
        let lock = match &target {
            Target::Sqlite(path) => {
                named_file::keep_from(path);
                sqlite::inspect(path, access)?;
                (access == Access::Owner).then(|| OwnerLock::take(path)).transpose()?
            }
            Target::Postgres(_) => None,
        };
        let shown = target.shown();
        let folder = match &target {
            Target::Sqlite(path) => path.parent().map(Path::to_path_buf),
            Target::Postgres(_) => None,
        };
        let manager = Manager::new(target, access);
        let mut first = manager.open()?;
        let checked = match access {
            Access::Owner => migrate::bring_up_to_date(&mut first),
            Access::Reader => migrate::demand_current(&mut first),
        };
        let ids =
            checked.and_then(|()| Ids::of(&mut first)).map_err(|fault| fault.into_error(&shown))?;
        let connections = Connections::new(manager, first);
        let (sketch, archives, machines) = Default::default();
        Ok(Self { connections, ids, folder, sketch, archives, machines, _lock: lock })
    }

    /// The folder of a SQLite file.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        self.folder.clone()
    }

    /// The database's name for messages: a path, or a URL without its password.
    #[must_use]
    pub fn name(&self) -> &str {
        self.connections.shown()
    }
}

/// Maker of row numbers, which only ever grow: the age of a URL.
///
/// SQLite has one writer, which counts on. On PostgreSQL many nodes write: the number begins with
/// the time, and continues at random, so that equal ones are rare; the key tells those apart.
#[derive(Debug)]
struct Ids {
    next: AtomicI64,
    /// Of PostgreSQL: where this node begins within a millisecond.
    offset: Option<i64>,
}

impl Ids {
    fn of(conn: &mut connection::Connection) -> std::result::Result<Self, Fault> {
        if conn.is_postgres() {
            let random = RandomState::new().build_hasher().finish() & 0x7_ffff;
            return Ok(Self { next: AtomicI64::new(0), offset: Some(random.cast_signed()) });
        }
        let last: Option<i64> = both!(conn, c =>
            schema::urls::table.select(diesel::dsl::max(schema::urls::id)).first(c))?;
        Ok(Self { next: AtomicI64::new(last.unwrap_or(0) + 1), offset: None })
    }

    /// Takes none from here on that is not greater than this one.
    fn pass_over(&self, last: i64) {
        self.next.fetch_max(last.saturating_add(1), Ordering::Relaxed);
    }

    /// No number that was taken is greater.
    fn last(&self) -> i64 {
        self.next.load(Ordering::Relaxed).saturating_sub(1)
    }

    /// The first of `count` numbers.
    fn take(&self, count: usize, now: Millis) -> i64 {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let least = self.offset.map_or(0, |offset| (now << 20) | offset);
        // Only growth matters, and one thread does nearly all of it.
        let after = |next: i64| next.max(least).saturating_add(count);
        let before =
            self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| Some(after(next)));
        before.unwrap_or_default().max(least)
    }
}

/// A text as both databases take it: PostgreSQL knows no NUL.
fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
