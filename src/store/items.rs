//! Items of listings, kept with the page that shows them.
//!
//! Invariant: an item has one row in its job, whatever pages show it. It is gone (`gone_pass`)
//! exactly when a pass has ended without it that read every page of its listings, or as many as may
//! be read and so the one that it stood on, or when it is left out (`left_out`).

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use super::connection::{Connection, both};
use super::error::Fault;
use super::left_out;
use super::prepared::prepared;
use super::schema::{detail, item, listing};
use super::{clean, this_pass};
use crate::domain::items::FieldTally;
use crate::domain::outcome::{Reason, UrlState};
use crate::domain::task::Task;
use crate::frontier::gathered::Gathered;
use crate::frontier::listing::{DetailPage, ListingPage, StoredItem};
use crate::frontier::record::Settled;

/// The limit of the pages of each listing.
const LISTING_LIMIT: &str = "max_pages";

/// What is counted.
pub(super) mod what {
    /// Items seen, each as often as it was seen.
    pub(in crate::store) const SEEN: &str = "seen";
    /// Of them, those seen before in the pass.
    pub(in crate::store) const REPEATED: &str = "repeated";
    /// Items left out for want of a required field.
    pub(in crate::store) const DROPPED: &str = "dropped";
    /// Blocks of JSON-LD that are no JSON.
    pub(in crate::store) const BROKEN: &str = "broken";
    /// Fields without a value.
    pub(in crate::store) const MISSING: &str = "missing";
    /// Fields whose value could not be read.
    pub(in crate::store) const UNREAD: &str = "unread";
}

prepared! {
    /// An item as it is now. One that was gone is new again.
    KeepItem<'a> {
        "INSERT INTO item (job, item_key, host_key, url_key, page_no, ordinal, fields, digest, \
         detail_host, detail_key, first_pass, last_pass, changed_pass) VALUES (" job: i64 as BigInt,
        ", " key: i64 as BigInt,
        ", " host: i64 as BigInt,
        ", " url: i64 as BigInt,
        ", " page_no: i32 as Integer,
        ", " ordinal: i32 as Integer,
        ", " fields: Cow<'a, str> as Text,
        ", " digest: i64 as BigInt,
        ", " detail_host: Option<i64> as Nullable<BigInt>,
        ", " detail_key: Option<i64> as Nullable<BigInt>,
        ", " first: i32 as Integer,
        ", " last: i32 as Integer,
        ", " changed: i32 as Integer,
    } ") ON CONFLICT (job, item_key) DO UPDATE SET host_key = excluded.host_key, \
         url_key = excluded.url_key, page_no = excluded.page_no, ordinal = excluded.ordinal, \
         fields = excluded.fields, digest = excluded.digest, \
         detail_host = excluded.detail_host, detail_key = excluded.detail_key, \
         first_pass = CASE WHEN item.gone_pass < excluded.last_pass THEN excluded.last_pass \
                      ELSE item.first_pass END, \
         previous = CASE WHEN item.digest = excluded.digest THEN item.previous \
                    ELSE item.fields END, \
         changed_pass = CASE WHEN item.digest = excluded.digest THEN item.changed_pass \
                        ELSE excluded.last_pass END, \
         last_pass = excluded.last_pass, gone_pass = NULL"
}

prepared! {
    /// The further fields of items, from their page.
    KeepDetail<'a> {
        "INSERT INTO detail (job, host_key, url_key, fields, digest, changed_pass) \
         VALUES (" job: i64 as BigInt,
        ", " host: i64 as BigInt,
        ", " url: i64 as BigInt,
        ", " fields: Option<Cow<'a, str>> as Nullable<Text>,
        ", " digest: i64 as BigInt,
        ", " pass: i32 as Integer,
    } ") ON CONFLICT (job, host_key, url_key) DO UPDATE SET fields = excluded.fields, \
         digest = excluded.digest, to_host = NULL, to_key = NULL, \
         previous = CASE WHEN detail.digest = excluded.digest THEN detail.previous \
                    ELSE detail.fields END, \
         changed_pass = CASE WHEN detail.digest = excluded.digest THEN detail.changed_pass \
                        ELSE excluded.changed_pass END"
}

prepared! {
    /// More of what is counted in a pass.
    AddCount<'a> {
        "INSERT INTO item_tally (job, pass, what, field, amount, sample) VALUES (" job: i64 as BigInt,
        ", " pass: i32 as Integer,
        ", " what: &'a str as Text,
        ", " field: &'a str as Text,
        ", " amount: i64 as BigInt,
        ", " sample: Option<Cow<'a, str>> as Nullable<Text>,
    } ") ON CONFLICT (job, pass, what, field) DO UPDATE SET \
         amount = item_tally.amount + excluded.amount, \
         sample = COALESCE(item_tally.sample, excluded.sample)"
}

/// Stores what a page gave, in the transaction that settles it.
pub(super) fn keep(conn: &mut Connection, settled: &Settled, pass: i32) -> Result<(), Fault> {
    match settled.gathered.as_deref() {
        Some(Gathered::Listing(page)) => keep_page(conn, settled, page, pass),
        Some(Gathered::Detail(page)) => keep_detail(conn, settled, page, pass),
        _ if settled.task == Task::Detail => redirect_detail(conn, settled, pass),
        _ => Ok(()),
    }
}

fn keep_page(
    conn: &mut Connection,
    settled: &Settled,
    page: &ListingPage,
    pass: i32,
) -> Result<(), Fault> {
    let mut repeated = 0;
    for (ordinal, stored) in (1..).zip(&page.items) {
        if is_had(conn, settled, stored, pass)? {
            repeated += 1;
            continue;
        }
        let keep = KeepItem {
            job: settled.job.0,
            key: stored.key,
            host: settled.host.0,
            url: settled.key.0,
            page_no: page.number,
            ordinal,
            fields: clean(&stored.fields),
            digest: stored.digest,
            detail_host: stored.detail.map(|(host, _)| host.0),
            detail_key: stored.detail.map(|(_, key)| key.0),
            first: pass,
            last: pass,
            changed: pass,
            life: PhantomData,
        };
        both!(conn, c => keep.execute(c))?;
        if page.needs_detail {
            left_out::until_read(conn, settled.job.0, stored.key)?;
        }
    }
    let of = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    count(conn, settled, pass, what::SEEN, "", of(page.items.len()), None)?;
    count(conn, settled, pass, what::REPEATED, "", repeated, None)?;
    count(conn, settled, pass, what::DROPPED, "", of(page.dropped), None)?;
    count(conn, settled, pass, what::BROKEN, "", of(page.broken), None)?;
    count_fields(conn, settled, pass, &page.tallies)
}

/// A pass has ended, cut short by a limit or not: items that it has not seen are gone, if it has
/// read every page that there was to read. Under a limit of pages only those are that stood on no
/// later page than were read; when another limit cut it, nothing is known. What is held of older
/// passes, and no page leads to any more, is set aside.
pub(super) fn end_pass(conn: &mut Connection, job: i64, limit: Option<&str>) -> Result<(), Fault> {
    let begun: Option<i64> = both!(conn, c => listing::table
        .filter(listing::job.eq(job))
        .select(listing::start)
        .first(c)
        .optional())?;
    if begun.is_none() {
        return Ok(());
    }
    let this = "(SELECT pass FROM job WHERE id = $1)";
    let unread = format!(
        "SELECT COUNT(*) AS count FROM urls WHERE job = $1 AND role = 0 AND task = 0 \
         AND state IN (2, 4) AND pass = {this}"
    );
    let unread: Count = both!(conn, c => sql_query(unread).bind::<BigInt, _>(job).get_result(c))?;
    let looked_at = match limit {
        None => Some(String::new()),
        Some(LISTING_LIMIT) => Some(format!(
            " AND page_no <= (SELECT MAX(page_no) FROM item WHERE job = $1 AND last_pass = {this})"
        )),
        Some(_) => None,
    };
    if let Some(looked_at) = looked_at.filter(|_| unread.count == 0) {
        let gone = format!(
            "UPDATE item SET gone_pass = {this} \
             WHERE job = $1 AND gone_pass IS NULL AND last_pass < {this}{looked_at}"
        );
        both!(conn, c => sql_query(gone).bind::<BigInt, _>(job).execute(c))?;
    }
    let stale = this_pass::give_back(
        (Reason::Depth, "no page leads here any more"),
        &format!("job = $1 AND state = 0 AND due_at IS NULL AND pass < {this}"),
    );
    both!(conn, c => sql_query(stale).bind::<BigInt, _>(job).execute(c))?;
    let old = format!("DELETE FROM item_tally WHERE job = $1 AND pass < {this}");
    both!(conn, c => sql_query(old).bind::<BigInt, _>(job).execute(c))?;
    Ok(())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Was the item seen before in this pass, here or on another page? Its first place stays, also if it
/// was left out.
fn is_had(
    conn: &mut Connection,
    settled: &Settled,
    stored: &StoredItem,
    pass: i32,
) -> QueryResult<bool> {
    let last: Option<i32> = both!(conn, c => item::table
        .filter(item::job.eq(settled.job.0).and(item::item_key.eq(stored.key)))
        .select(item::last_pass)
        .first(c)
        .optional())?;
    Ok(last == Some(pass))
}

fn keep_detail(
    conn: &mut Connection,
    settled: &Settled,
    page: &DetailPage,
    pass: i32,
) -> Result<(), Fault> {
    let keep = KeepDetail {
        job: settled.job.0,
        host: settled.host.0,
        url: settled.key.0,
        fields: page.fields.as_deref().map(clean),
        digest: page.digest,
        pass,
        life: PhantomData,
    };
    both!(conn, c => keep.execute(c))?;
    if page.fields.is_none() {
        left_out::leave_out(conn, settled, pass)?;
    } else if page.required {
        left_out::readmit(conn, settled, pass)?;
    }
    let broken = i64::try_from(page.broken).unwrap_or(i64::MAX);
    count(conn, settled, pass, what::BROKEN, "", broken, None)?;
    count_fields(conn, settled, pass, &page.tallies)
}

/// The page of an item leads elsewhere: its fields will be there. Those that led to it lead there
/// too, so nobody ever follows two steps.
fn redirect_detail(conn: &mut Connection, settled: &Settled, pass: i32) -> Result<(), Fault> {
    let target = settled.found.first().filter(|_| settled.state == UrlState::Redirected);
    let Some(target) = target else { return Ok(()) };
    let to = (detail::to_host.eq(target.host.0), detail::to_key.eq(target.key.0));
    both!(conn, c => diesel::update(detail::table
            .filter(detail::job.eq(settled.job.0).and(detail::to_host.eq(settled.host.0)))
            .filter(detail::to_key.eq(settled.key.0)))
        .set(to)
        .execute(c))?;
    both!(conn, c => diesel::insert_into(detail::table)
        .values((
            detail::job.eq(settled.job.0),
            detail::host_key.eq(settled.host.0),
            detail::url_key.eq(settled.key.0),
            detail::changed_pass.eq(pass),
            to,
        ))
        .on_conflict((detail::job, detail::host_key, detail::url_key))
        .do_update()
        .set(to)
        .execute(c))?;
    // What it leads to may have been read.
    left_out::readmit(conn, settled, pass)?;
    Ok(())
}

fn count_fields(
    conn: &mut Connection,
    settled: &Settled,
    pass: i32,
    tallies: &[FieldTally],
) -> Result<(), Fault> {
    let of = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    for tally in tallies {
        let FieldTally { field, missing, unread, sample } = tally;
        count(conn, settled, pass, what::MISSING, field, of(*missing), None)?;
        count(conn, settled, pass, what::UNREAD, field, of(*unread), sample.as_deref())?;
    }
    Ok(())
}

fn count(
    conn: &mut Connection,
    settled: &Settled,
    pass: i32,
    what: &str,
    field: &str,
    amount: i64,
    sample: Option<&str>,
) -> Result<(), Fault> {
    if amount == 0 {
        return Ok(());
    }
    let count = AddCount {
        job: settled.job.0,
        pass,
        what,
        field,
        amount,
        sample: sample.map(clean),
        life: PhantomData,
    };
    both!(conn, c => count.execute(c))?;
    Ok(())
}
