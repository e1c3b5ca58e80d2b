//! An exchange becomes records for its job's archive.

use std::io;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::domain::job::Job;
use crate::domain::recording::{Archive, Recording};
use crate::domain::url::CanonicalUrl;
use crate::http::{Capture, Cut, Exchange};
use crate::output::warc;

/// A body of so many bytes is compressed on a thread of its own.
const LARGE: usize = 128 * 1024;

/// The records of an exchange, where its job keeps an archive and there was an answer.
pub(super) async fn recording(
    job: &Job,
    url: &CanonicalUrl,
    exchange: &mut Exchange,
) -> Option<Box<Recording>> {
    let archive = job.archive.clone()?;
    let capture = exchange.capture.take().filter(|_| exchange.head.is_some())?;
    let date = exchange.sent_at? / 1000;
    let url = url.as_str().to_owned();
    let made = if capture.body.len() < LARGE {
        made(archive, url, date, &capture)
    } else {
        let work = move || made(archive, url, date, &capture);
        actix_rt::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(io::Error::other(e)))
    };
    made.map(Box::new).inspect_err(|error| log::error!("not recorded: {error}")).ok()
}

fn made(archive: Arc<Archive>, url: String, date: i64, capture: &Capture) -> io::Result<Recording> {
    let id = warc::record_id();
    let address = capture.address.map(|address| address.to_string());
    let of = warc::Exchange { id: &id, date, url: &url, address: address.as_deref() };
    let payload: [u8; 32] = Sha256::digest(&capture.body).into();
    let answer = warc::response_block(&capture.head, &capture.body);
    let response = warc::response(&of, &answer.block, &payload, capture.cut.map(name))?;
    let request = warc::request(&of, &warc::request_block(&capture.request))?;
    let whole = capture.cut.is_none() && !capture.body.is_empty();
    Ok(Recording {
        request,
        response,
        head: answer.block.get(..answer.head).unwrap_or_default().to_vec(),
        payload: whole.then_some(payload),
        archive,
        address,
        date,
        id,
        url,
    })
}

/// The word of the format.
fn name(cut: Cut) -> &'static str {
    match cut {
        Cut::Length => "length",
        Cut::Time => "time",
        Cut::Disconnect => "disconnect",
        Cut::Unspecified => "unspecified",
    }
}
