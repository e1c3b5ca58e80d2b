//! Which pages of a job have the same content: the first page with a digest is the original, those
//! that come after it are its duplicates.
//!
//! Invariant: `content` holds one page for each digest that a page of the job ever had, by the first
//! 64 bits of it. The page may have changed since: only the whole digest in its own row tells, so
//! whoever reads a reference compares the two, and a page that finds its original changed takes the
//! place.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use hashbrown::HashMap;

use super::commit::Passes;
use super::connection::{Connection, Link, both};
use super::error::Fault;
use super::prepared::prepared;
use super::schema::{content, urls};
use crate::domain::outcome::UrlState;
use crate::domain::role::Role;
use crate::domain::{HostKey, UrlKey};
use crate::frontier::gathered::Gathered;
use crate::frontier::record::Settled;

/// A page that a duplicate is the same as.
pub(super) type Original = (HostKey, UrlKey);

/// A job and the first 64 bits of a digest.
type Place = (i64, i64);

/// The holder of a digest as stored, with the digest that it has now.
type Stored = (Place, Original, Option<Vec<u8>>);

/// What is known of a digest in this batch.
struct Holder<'a> {
    digest: &'a [u8; 32],
    page: Original,
}

prepared! {
    /// The first page with a digest.
    Claim<'a> {
        "INSERT INTO content (job, digest_key, host_key, url_key) VALUES (" job: i64 as BigInt,
        ", " digest: i64 as BigInt,
        ", " host: i64 as BigInt,
        ", " url: i64 as BigInt,
    } ") ON CONFLICT DO NOTHING"
}

prepared! {
    /// The first page with that digest has another one now.
    TakeOver<'a> {
        "UPDATE content SET host_key = " host: i64 as BigInt,
        ", url_key = " url: i64 as BigInt,
        " WHERE job = " job: i64 as BigInt,
        " AND digest_key = " digest: i64 as BigInt,
    } ""
}

#[derive(Insertable)]
#[diesel(table_name = content)]
struct Row {
    job: i64,
    digest_key: i64,
    host_key: i64,
    url_key: i64,
}

/// The page that each of these is a duplicate of, in their order. Called before anything else is
/// written: on PostgreSQL nodes that meet at a digest then wait for each other in one order.
pub(super) fn originals(
    conn: &mut Connection,
    batch: &[Settled],
    passes: &Passes,
) -> Result<Vec<Option<Original>>, Fault> {
    let mut holders: HashMap<Place, Holder<'_>> = HashMap::with_capacity(batch.len());
    let pages = || batch.iter().filter(|page| passes.contains_key(&page.job));
    for page in pages() {
        if let Some((place, digest)) = digest_of(page) {
            holders.entry(place).or_insert(Holder { digest, page: (page.host, page.key) });
        }
    }
    if holders.is_empty() {
        return Ok(vec![None; batch.len()]);
    }
    find(conn, batch, &mut holders)?;
    let original = |page: &Settled| {
        let (place, digest) = digest_of(page)?;
        let holder = holders.get(&place).filter(|holder| holder.digest == digest)?;
        (holder.page != (page.host, page.key)).then_some(holder.page)
    };
    Ok(batch.iter().map(original).collect())
}

/// The digest of a page that can be a duplicate: read whole, and not empty.
fn digest_of(page: &Settled) -> Option<(Place, &[u8; 32])> {
    let facts = &page.facts;
    // Answers without a tip are alike by the thousand: no duplicates of a page.
    if let Some(Gathered::Tips(_)) = page.gathered.as_deref() {
        return None;
    }
    let read = page.role == Role::Page && page.state == UrlState::Done && !page.unmodified;
    if !read || facts.bytes.is_none_or(|bytes| bytes == 0) {
        return None;
    }
    let digest = facts.digest.as_ref()?;
    let (first, _) = digest.split_first_chunk()?;
    Some(((page.job.0, i64::from_be_bytes(*first)), digest))
}

/// Claims digests for these pages; where one has been claimed before, its holder takes their place.
fn find(
    conn: &mut Connection,
    batch: &[Settled],
    holders: &mut HashMap<Place, Holder<'_>>,
) -> Result<(), Fault> {
    let mut taken = claim(conn, holders)?;
    taken.sort_unstable();
    for same_job in taken.chunk_by(|a, b| a.0 == b.0) {
        for (place, page, digest) in load(conn, same_job)? {
            let Some(holder) = holders.get_mut(&place) else { continue };
            // One that this very batch settles is what it will be.
            let changes = batch.iter().any(|settled| {
                (settled.job.0, settled.host, settled.key) == (place.0, page.0, page.1)
                    && !settled.unmodified
                    && digest_of(settled).is_none_or(|(_, digest)| digest != holder.digest)
            });
            if digest.is_some_and(|digest| digest == holder.digest) && !changes {
                holder.page = page;
            } else if holder.page != page {
                take_over(conn, place, holder.page)?;
            }
        }
    }
    Ok(())
}

/// Enters these pages as the first with their digest; gives the digests that others had before.
fn claim(conn: &mut Connection, holders: &HashMap<Place, Holder<'_>>) -> Result<Vec<Place>, Fault> {
    match &mut conn.link {
        Link::Sqlite(c) => {
            let mut taken = Vec::new();
            for (&(job, digest), Holder { page: (host, url), .. }) in holders {
                let claim = Claim { job, digest, host: host.0, url: url.0, life: PhantomData };
                if claim.execute(c)? == 0 {
                    taken.push((job, digest));
                }
            }
            Ok(taken)
        }
        Link::Pg(c) => {
            let row = |(place, holder): (&Place, &Holder<'_>)| Row {
                job: place.0,
                digest_key: place.1,
                host_key: holder.page.0.0,
                url_key: holder.page.1.0,
            };
            let mut rows: Vec<Row> = holders.iter().map(row).collect();
            rows.sort_unstable_by_key(|row| (row.job, row.digest_key));
            let claimed: Vec<Place> = diesel::insert_into(content::table)
                .values(&rows)
                .on_conflict_do_nothing()
                .returning((content::job, content::digest_key))
                .get_results(c)?;
            Ok(holders.keys().filter(|place| !claimed.contains(place)).copied().collect())
        }
    }
}

/// The holders of these digests of one job, each with the digest of its present result.
fn load(conn: &mut Connection, places: &[Place]) -> QueryResult<Vec<Stored>> {
    let Some((job, _)) = places.first() else { return Ok(Vec::new()) };
    let keys: Vec<i64> = places.iter().map(|(_, digest)| *digest).collect();
    let present = urls::job
        .eq(content::job)
        .and(urls::host_key.eq(content::host_key))
        .and(urls::url_key.eq(content::url_key))
        .and(urls::state.eq_any([UrlState::Queued as i16, UrlState::Done as i16]));
    let rows: Vec<(i64, i64, i64, Option<Vec<u8>>)> = both!(conn, c => content::table
        .left_join(urls::table.on(present))
        .filter(content::job.eq(job).and(content::digest_key.eq_any(&keys)))
        .order(content::digest_key)
        .select((
            content::digest_key,
            content::host_key,
            content::url_key,
            urls::digest.nullable(),
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(key, host, url, digest)| ((*job, key), (HostKey(host), UrlKey(url)), digest))
        .collect())
}

fn take_over(conn: &mut Connection, (job, digest): Place, page: Original) -> QueryResult<()> {
    let (host, url) = (page.0.0, page.1.0);
    let take = TakeOver { host, url, job, digest, life: PhantomData };
    both!(conn, c => take.execute(c))?;
    Ok(())
}
