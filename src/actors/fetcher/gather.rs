//! What a job takes from an answer besides links and facts. A body that is not small is parsed on a
//! thread that may block: it holds up no other fetch.

use std::sync::Arc;

use actix_rt::task::spawn_blocking;

use crate::domain::extract;
use crate::domain::harvest::TipReader;
use crate::domain::job::{Extractor, Job};
use crate::domain::outcome::Reason;
use crate::frontier::answer::Answer;
use crate::frontier::gathered::Gathered;
use crate::frontier::listing;
use crate::frontier::record::QueuedUrl;
use crate::http::Head;

/// Bytes of an answer of tips that are parsed at once: sooner done than handed to another thread.
const SMALL: usize = 16 << 10;

/// Takes it from the body of an answer that did not fail. An answer that cannot be read fails.
pub(super) async fn gather(
    job: &Arc<Job>,
    row: &QueuedUrl,
    head: &Head,
    body: Vec<u8>,
    answer: &mut Answer,
) {
    let charset = answer.facts.charset.as_deref();
    let gathered = match &job.extractor {
        Extractor::Links => return,
        Extractor::Tips(reader) if body.len() <= SMALL => {
            Ok(tips(reader, &extract::text(charset, &head.headers, &body)))
        }
        Extractor::Tips(reader) => {
            let (reader, charset) = (Arc::clone(reader), charset.map(str::to_owned));
            let headers = head.headers.clone();
            let read = move || tips(&reader, &extract::text(charset.as_deref(), &headers, &body));
            spawn_blocking(read).await
        }
        Extractor::Items(rules) => {
            let (job, rules, row) = (Arc::clone(job), Arc::clone(rules), row.clone());
            let headers = head.headers.clone();
            let read = move || listing::read(&job, &rules, &row, &headers, &body);
            match spawn_blocking(read).await {
                Ok(Ok(taken)) => {
                    answer.found = taken.found;
                    answer.note = taken.note.or(answer.note.take());
                    answer.gathered = taken.gathered.map(Box::new);
                    return;
                }
                Ok(Err(words)) => Ok(Err(words)),
                Err(died) => Err(died),
            }
        }
    };
    match gathered {
        Ok(Ok(gathered)) => answer.gathered = Some(Box::new(gathered)),
        Ok(Err(words)) => answer.failure = Some((Reason::BadAnswer, words)),
        Err(died) => {
            let words = format!("reading it ended in {died}");
            answer.failure = Some((Reason::Poison, words));
            answer.killed = true;
        }
    }
}

fn tips(reader: &TipReader, text: &str) -> Result<Gathered, String> {
    reader.read(text).map(Gathered::Tips).map_err(|error| error.to_string())
}
