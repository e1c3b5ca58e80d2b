//! Which records a result gets: the whole answer, or that its body is in the archive already.

use std::borrow::Cow;
use std::io;

use diesel::prelude::*;
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::{Connection, Fault, Settled, StoreErrorKind, both};
use crate::domain::Millis;
use crate::domain::link::LinkKind;
use crate::domain::recording::Recording;
use crate::output::warc::{Exchange, Revisit, metadata, revisit};
use crate::store::connection::Link;
use crate::store::schema::{urls, warc_payload};

/// A record, compressed.
type Record<'a> = Cow<'a, [u8]>;

/// Where a payload is recorded: the URL and the date of its record.
type Place = (String, Millis);

diesel::alias!(urls as referrers: Referrers);

/// What the store knows of a page that its answer does not tell.
#[derive(Queryable)]
struct Known {
    depth: i32,
    via_kind: i16,
    referrer: Option<String>,
    /// Of its last answer that had a body.
    payload: Option<Vec<u8>>,
}

/// The records of these results, all of one folder, in their order.
pub(super) fn of<'a>(
    conn: &mut Connection,
    folder: &str,
    pages: &[&'a Settled],
) -> Result<Vec<Record<'a>>, Fault> {
    let folder = xxh3_64(folder.as_bytes()).cast_signed();
    let digests = pages.iter().filter_map(|page| page.recording.as_ref()?.payload);
    let digests: Vec<Vec<u8>> = digests.map(|digest| digest.to_vec()).collect();
    let mut places = places(conn, folder, &digests)?;
    let mut fresh = Vec::new();
    let mut records = Vec::with_capacity(3 * pages.len() + 1);
    for page in pages {
        let Some(recording) = page.recording.as_deref() else { continue };
        let known = known(conn, page)?;
        let again = match &recording.payload {
            _ if page.unmodified => Some(unmodified(conn, folder, &known)?),
            Some(payload) => places.get(&payload[..]).map(|place| (false, Some(place.clone()))),
            None => None,
        };
        let written = written(page, recording, &known, again.as_ref());
        records.extend(written.map_err(|error| cannot(&error))?);
        if let (Some(payload), None) = (&recording.payload, &again) {
            let place = (recording.url.clone(), recording.date);
            places.insert(payload.to_vec(), place);
            fresh.push((payload, recording));
        }
        note_payload(conn, page, recording)?;
    }
    keep_places(conn, folder, &fresh)?;
    Ok(records)
}

/// Answer (or revisit), request, metadata. `again`: the server said that nothing has changed, or
/// the payload is recorded; and where.
fn written<'a>(
    page: &Settled,
    recording: &'a Recording,
    known: &Known,
    again: Option<&(bool, Option<Place>)>,
) -> io::Result<[Record<'a>; 3]> {
    let exchange = Exchange {
        id: &recording.id,
        date: recording.date,
        url: &recording.url,
        address: recording.address.as_deref(),
    };
    let answer = match again {
        None => Cow::Borrowed(&recording.response[..]),
        Some((not_modified, place)) => {
            let own = recording.payload.as_ref().map(|payload| &payload[..]);
            let why = Revisit {
                not_modified: *not_modified,
                payload: if *not_modified { known.payload.as_deref() } else { own },
                refers_to: place.as_ref().map(|(url, date)| (url.as_str(), *date)),
            };
            Cow::Owned(revisit(&exchange, &why, &recording.head)?)
        }
    };
    let facts = metadata(&exchange, &facts(page, known))?;
    Ok([answer, Cow::Borrowed(&recording.request), Cow::Owned(facts)])
}

fn facts(page: &Settled, known: &Known) -> Vec<(&'static str, String)> {
    let kind = LinkKind::from_number(known.via_kind).unwrap_or(LinkKind::A);
    let mut facts = vec![("depth", known.depth.to_string()), ("viaKind", kind.name().to_owned())];
    if let Some(referrer) = &known.referrer {
        facts.push(("via", referrer.clone()));
    }
    if let Some(elapsed) = page.facts.elapsed_ms {
        facts.push(("fetchTimeMs", elapsed.to_string()));
    }
    facts
}

/// Where the body is that a page still has.
fn unmodified(
    conn: &mut Connection,
    folder: i64,
    known: &Known,
) -> Result<(bool, Option<Place>), Fault> {
    let Some(payload) = &known.payload else { return Ok((true, None)) };
    let mut places = places(conn, folder, std::slice::from_ref(payload))?;
    Ok((true, places.remove(payload)))
}

/// Where these payloads are recorded.
fn places(
    conn: &mut Connection,
    folder: i64,
    digests: &[Vec<u8>],
) -> Result<HashMap<Vec<u8>, Place>, Fault> {
    if digests.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Vec<u8>, String, Millis)> = both!(conn, c => warc_payload::table
        .filter(warc_payload::folder_key.eq(folder))
        .filter(warc_payload::digest.eq_any(digests))
        .select((warc_payload::digest, warc_payload::url, warc_payload::date))
        .load(c))?;
    Ok(rows.into_iter().map(|(digest, url, date)| (digest, (url, date))).collect())
}

fn known(conn: &mut Connection, page: &Settled) -> QueryResult<Known> {
    both!(conn, c => urls::table
        .left_join(
            referrers.on(referrers
                .field(urls::job)
                .eq(urls::job)
                .and(referrers.field(urls::host_key).nullable().eq(urls::referrer_host))
                .and(referrers.field(urls::url_key).nullable().eq(urls::referrer))),
        )
        .filter(urls::job.eq(page.job.0).and(urls::host_key.eq(page.host.0)))
        .filter(urls::url_key.eq(page.key.0))
        .select((
            urls::depth,
            urls::via_kind,
            referrers.field(urls::url).nullable(),
            urls::payload,
        ))
        .first(c))
}

/// A page that may be asked by its version keeps in mind which body that version has.
fn note_payload(conn: &mut Connection, page: &Settled, recording: &Recording) -> Result<(), Fault> {
    let versioned = page.facts.etag.is_some() || page.facts.last_modified.is_some();
    if page.unmodified || !versioned {
        return Ok(());
    }
    let payload = recording.payload.as_ref().map(|payload| &payload[..]);
    both!(conn, c => diesel::update(urls::table
            .filter(urls::job.eq(page.job.0).and(urls::host_key.eq(page.host.0)))
            .filter(urls::url_key.eq(page.key.0)))
        .set(urls::payload.eq(payload))
        .execute(c))?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = warc_payload)]
struct PlaceRow<'a> {
    folder_key: i64,
    digest: &'a [u8],
    url: &'a str,
    date: i64,
}

fn keep_places(
    conn: &mut Connection,
    folder: i64,
    fresh: &[(&[u8; 32], &Recording)],
) -> Result<(), Fault> {
    let mut rows: Vec<PlaceRow<'_>> = fresh
        .iter()
        .map(|(payload, recording)| PlaceRow {
            folder_key: folder,
            digest: &payload[..],
            url: &recording.url,
            date: recording.date,
        })
        .collect();
    // In one order everywhere, so that two nodes never wait for each other.
    rows.sort_unstable_by_key(|row| row.digest);
    match &mut conn.link {
        Link::Sqlite(c) => {
            for row in &rows {
                diesel::insert_into(warc_payload::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(c)?;
            }
        }
        Link::Pg(c) => {
            diesel::insert_into(warc_payload::table)
                .values(&rows)
                .on_conflict_do_nothing()
                .execute(c)?;
        }
    }
    Ok(())
}

/// A record that cannot be made.
fn cannot(error: &io::Error) -> Fault {
    Fault::Own(StoreErrorKind::Bug, format!("a record of the archive: {error}"))
}
