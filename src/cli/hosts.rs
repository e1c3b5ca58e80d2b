//! What is known of a host, for the control interface.

use std::fmt::Write as _;

use super::explain::place::Place;
use super::text::{clean, moment_from};
use crate::clock::Clock;
use crate::domain::url::CanonicalUrl;
use crate::store::Store;

/// The state of a host, and what each job has to do there; one line each.
///
/// # Errors
/// When that is no host, or the store fails.
pub(super) fn text(store: &Store, host: &str) -> Result<String, String> {
    let url =
        if host.ends_with(":443") { format!("https://{host}/") } else { format!("http://{host}/") };
    let url = CanonicalUrl::parse(&url)
        .map_err(|_| format!("'{host}' is no host; write example.org or example.org:8080"))?;
    let now = Clock::start().now();
    let place = Place::read(store, &url).map_err(|error| error.message)?;
    let mut text = format!("{}\n", place.host(now));
    for job in store.jobs().map_err(|error| error.message)? {
        let share = store.share(job.id, url.host_key()).map_err(|error| error.message)?;
        let Some(share) = share else { continue };
        let due = match (share.given_up, share.due_at) {
            (Some(reason), _) => format!("given up in this pass: {reason}"),
            (None, None) => "nothing is queued".to_owned(),
            (None, Some(at)) if at <= now => "something may be asked now".to_owned(),
            (None, Some(at)) => format!("the next URL may be asked {}", moment_from(at, now)),
        };
        // Writing to a String does not fail.
        writeln!(text, "{}: {} asked; {due}", clean(&job.name), share.asked).ok();
    }
    Ok(text)
}
