//! Reading results in batches: each is one short statement, so an export disturbs no crawl.

use diesel::prelude::*;
use diesel::{QueryableByName, sql_query, sql_types};

use super::changes;
use super::connection::{Connection, both, by_age};
use super::error::Fault;
use super::schema::urls;
use super::{Change, JobRow, Result, Store};
use crate::domain::link::LinkKind;
use crate::domain::outcome::UrlState;
use crate::domain::role::Role;
use crate::domain::{HostKey, JobId, Millis, UrlKey};

/// A URL with its result; the columns of the contract, section 5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRecord {
    /// Row number: where the next batch goes on.
    pub id: i64,
    /// The canonical URL.
    pub url: String,
    /// Queued, done, failed, redirected or excluded.
    pub state: UrlState,
    /// HTTP status.
    pub status: Option<u16>,
    /// Target of a redirect.
    pub redirect_to: Option<String>,
    /// Why it failed or was excluded.
    pub reason: Option<String>,
    /// The rule or the error's text.
    pub evidence: Option<String>,
    /// Media type.
    pub content_type: Option<String>,
    /// Charset it was read in.
    pub charset: Option<String>,
    /// Decoded body bytes.
    pub bytes: Option<i64>,
    /// Links from a root.
    pub depth: i32,
    /// The page that led here.
    pub referrer: Option<String>,
    /// Kind of the link that led here.
    pub via: LinkKind,
    /// Words of that link.
    pub via_text: Option<String>,
    /// Was that link marked nofollow?
    pub via_nofollow: bool,
    /// Tries, the first included.
    pub tries: i32,
    /// Distinct canonical targets on the page.
    pub links: Option<i32>,
    /// Rows that the page added.
    pub new_links: Option<i32>,
    /// Title.
    pub title: Option<String>,
    /// SHA-256 of the decoded body.
    pub digest: Option<Vec<u8>>,
    /// Did the page ask not to be indexed?
    pub noindex: bool,
    /// Was its list of links cut?
    pub links_cut: bool,
    /// Moment of sending.
    pub fetched_at: Option<Millis>,
    /// From sending to the last byte.
    pub elapsed_ms: Option<Millis>,
    /// Not to be asked before; only while queued.
    pub due_at: Option<Millis>,
    /// The page that came first with the same content, and still has it.
    pub duplicate_of: Option<String>,
    /// How it was last found to differ from an earlier pass.
    pub change: Change,
    /// The last pass that it belonged to.
    pub pass: i32,
}

/// Where the next batch of links goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkPosition {
    /// Host of the page.
    pub host: HostKey,
    /// The page.
    pub source: UrlKey,
    /// The link's place on the page, from 1.
    pub ordinal: i32,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRecord {
    /// Its place, for the next batch.
    pub at: LinkPosition,
    /// The page it stands on.
    pub source: String,
    /// Where it leads.
    pub target: String,
    /// Kind of link.
    pub kind: LinkKind,
    /// Its words.
    pub text: Option<String>,
    /// Marked nofollow?
    pub nofollow: bool,
    /// The last pass that its page belonged to.
    pub pass: i32,
}

diesel::alias!(urls as referrers: Referrers, urls as originals: Originals);

/// A row with the URLs of its referrer and of the page that it is a duplicate of.
type Joined = (Page, Option<String>, Option<String>);

/// Rows with what they refer to; a macro, as its type differs by database.
macro_rules! pages {
    () => {
        urls::table
            .left_join(
                referrers.on(referrers
                    .field(urls::job)
                    .eq(urls::job)
                    .and(referrers.field(urls::host_key).nullable().eq(urls::referrer_host))
                    .and(referrers.field(urls::url_key).nullable().eq(urls::referrer))),
            )
            .left_join(
                originals.on(originals
                    .field(urls::job)
                    .eq(urls::job)
                    .and(originals.field(urls::host_key).nullable().eq(urls::original_host))
                    .and(originals.field(urls::url_key).nullable().eq(urls::original))
                    .and(originals.field(urls::digest).eq(urls::digest))
                    .and(
                        originals
                            .field(urls::state)
                            .eq_any([UrlState::Queued as i16, UrlState::Done as i16]),
                    )),
            )
            .select((
                Page::as_select(),
                referrers.field(urls::url).nullable(),
                originals.field(urls::url).nullable(),
            ))
    };
}
impl Store {
    /// Up to `limit` (at least 2) URLs after `after_id`, by age; go on after the last one's `id`.
    /// Empty at the end.
    ///
    /// # Errors
    /// When the store fails.
    pub fn pages_after(&self, job: JobId, after_id: i64, limit: usize) -> Result<Vec<PageRecord>> {
        self.connections.read(|conn| batch(conn, job, after_id, limit, Wanted::All))
    }

    /// As [`Store::pages_after`], only those that failed and count in the present pass.
    ///
    /// # Errors
    /// When the store fails.
    pub fn failures_after(
        &self,
        job: JobId,
        after_id: i64,
        limit: usize,
    ) -> Result<Vec<PageRecord>> {
        self.connections.read(|conn| {
            let since = super::job::by_id(conn, job)?.counts_since();
            batch(conn, job, after_id, limit, Wanted::FailedSince(since))
        })
    }

    /// As [`Store::pages_after`], only those that this pass of the job found new, changed or gone.
    ///
    /// # Errors
    /// When the store fails.
    pub fn changes_after(
        &self,
        job: &JobRow,
        after_id: i64,
        limit: usize,
    ) -> Result<Vec<PageRecord>> {
        let wanted = Wanted::ChangedIn(job.pass);
        self.connections.read(|conn| batch(conn, job.id, after_id, limit, wanted))
    }

    /// What the job knows of a URL, by its key in its role.
    ///
    /// # Errors
    /// When the store fails.
    pub fn page(&self, job: JobId, host: HostKey, key: UrlKey) -> Result<Option<PageRecord>> {
        self.connections.read(|conn| {
            let row: Option<Joined> = both!(conn, c => pages!()
                .filter(urls::job.eq(job.0).and(urls::host_key.eq(host.0)))
                .filter(urls::url_key.eq(key.0))
                .first(c)
                .optional())?;
            Ok(row.map(record))
        })
    }

    /// Up to `limit` links of a job that stores all of them, page by page. Empty at the end.
    ///
    /// # Errors
    /// When the store fails.
    pub fn links_after(
        &self,
        job: JobId,
        after: Option<LinkPosition>,
        limit: usize,
    ) -> Result<Vec<LinkRecord>> {
        const SQL: &str = "SELECT l.source_host, l.source, l.ordinal, s.url, l.target, l.kind, \
                l.text, l.nofollow, s.pass \
             FROM link l \
             JOIN urls s ON s.job = l.job AND s.host_key = l.source_host AND s.url_key = l.source \
             WHERE l.job = $1 AND (l.source_host, l.source, l.ordinal) > ($2, $3, $4) \
             ORDER BY l.source_host, l.source, l.ordinal LIMIT $5";
        let from = after.unwrap_or(LinkPosition {
            host: HostKey(i64::MIN),
            source: UrlKey(i64::MIN),
            ordinal: 0,
        });
        self.connections.read(|conn| {
            let rows: Vec<Link> = both!(conn, c => sql_query(SQL)
                .bind::<sql_types::BigInt, _>(job.0)
                .bind::<sql_types::BigInt, _>(from.host.0)
                .bind::<sql_types::BigInt, _>(from.source.0)
                .bind::<sql_types::Integer, _>(from.ordinal)
                .bind::<sql_types::BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
                .get_results(c))?;
            Ok(rows.into_iter().map(LinkRecord::from).collect())
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = urls)]
struct Page {
    id: i64,
    url: String,
    state: i16,
    status: Option<i32>,
    redirect_to: Option<String>,
    reason: Option<String>,
    evidence: Option<String>,
    content_type: Option<String>,
    charset: Option<String>,
    bytes: Option<i64>,
    depth: i32,
    via_kind: i16,
    via_text: Option<String>,
    via_nofollow: bool,
    tries: i32,
    links: Option<i32>,
    new_links: Option<i32>,
    title: Option<String>,
    digest: Option<Vec<u8>>,
    noindex: bool,
    links_cut: bool,
    fetched_at: Option<i64>,
    elapsed_ms: Option<i64>,
    due_at: Option<i64>,
    changed: Option<i32>,
    pass: i32,
}

/// Which rows are read.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    All,
    /// Those that failed, in this pass or later.
    FailedSince(i32),
    /// Settled ones that this pass found new, changed or gone.
    ChangedIn(i32),
}

fn batch(
    conn: &mut Connection,
    job: JobId,
    after_id: i64,
    limit: usize,
    wanted: Wanted,
) -> std::result::Result<Vec<PageRecord>, Fault> {
    let limit = limit.max(2);
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows: Vec<Joined> = by_age!(conn, job.0, (c, of_job) => {
        let base = pages!()
            .filter(of_job)
            .filter(urls::id.gt(after_id))
            .filter(urls::role.eq(Role::Page as i16))
            .order(urls::id)
            .limit(most);
        match wanted {
            Wanted::All => base.load(c),
            Wanted::FailedSince(pass) => {
                let failed = urls::state.eq(UrlState::Failed as i16);
                base.filter(failed.and(urls::pass.ge(pass))).load(c)
            }
            Wanted::ChangedIn(pass) => {
                let (first, last) = changes::codes(pass);
                let changed = urls::changed.between(first, last);
                base.filter(changed.and(urls::due_at.is_null())).load(c)
            }
        }
    })?;
    if rows.len() == limit {
        leave_ties(&mut rows);
    }
    Ok(rows.into_iter().map(record).collect())
}

/// On PostgreSQL two nodes may, rarely, make the same number: rows that share the last one of a
/// full batch are left to the next, as some of them may not be in this one.
fn leave_ties(rows: &mut Vec<Joined>) {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
    let (first, last) = (first.0.id, last.0.id);
    let before = rows.len().saturating_sub(1);
    if first != last && rows.get(before.wrapping_sub(1)).is_some_and(|(row, ..)| row.id == last) {
        rows.retain(|(row, ..)| row.id != last);
    }
}

fn record((row, referrer, duplicate_of): Joined) -> PageRecord {
    PageRecord {
        id: row.id,
        url: row.url,
        state: UrlState::from_number(row.state).unwrap_or(UrlState::Failed),
        status: row.status.and_then(|status| u16::try_from(status).ok()),
        redirect_to: row.redirect_to,
        reason: row.reason,
        evidence: row.evidence,
        content_type: row.content_type,
        charset: row.charset,
        bytes: row.bytes,
        depth: row.depth,
        referrer,
        via: LinkKind::from_number(row.via_kind).unwrap_or(LinkKind::A),
        via_text: row.via_text,
        via_nofollow: row.via_nofollow,
        tries: row.tries,
        links: row.links,
        new_links: row.new_links,
        title: row.title,
        digest: row.digest,
        noindex: row.noindex,
        links_cut: row.links_cut,
        fetched_at: row.fetched_at,
        elapsed_ms: row.elapsed_ms,
        due_at: row.due_at,
        duplicate_of,
        change: changes::read(row.changed),
        pass: row.pass,
    }
}

#[derive(QueryableByName)]
struct Link {
    #[diesel(sql_type = sql_types::BigInt)]
    source_host: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    source: i64,
    #[diesel(sql_type = sql_types::Integer)]
    ordinal: i32,
    #[diesel(sql_type = sql_types::Text)]
    url: String,
    #[diesel(sql_type = sql_types::Text)]
    target: String,
    #[diesel(sql_type = sql_types::SmallInt)]
    kind: i16,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    text: Option<String>,
    #[diesel(sql_type = sql_types::Bool)]
    nofollow: bool,
    #[diesel(sql_type = sql_types::Integer)]
    pass: i32,
}

impl From<Link> for LinkRecord {
    fn from(row: Link) -> Self {
        Self {
            at: LinkPosition {
                host: HostKey(row.source_host),
                source: UrlKey(row.source),
                ordinal: row.ordinal,
            },
            source: row.url,
            target: row.target,
            kind: LinkKind::from_number(row.kind).unwrap_or(LinkKind::A),
            text: row.text,
            nofollow: row.nofollow,
            pass: row.pass,
        }
    }
}
