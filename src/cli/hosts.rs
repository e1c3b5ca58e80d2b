//! What is known of a host, for the control interface.

use std::fmt::Write as _;

use super::explain::place::Place;
use super::explain::turn::Turn;
use super::text::{clean, moment_from};
use crate::clock::Clock;
use crate::daemon::view::HeldView;
use crate::domain::url::CanonicalUrl;
use crate::store::Store;

/// The state of a host, and what each job has to do there; one line each.
///
/// # Errors
/// When the store fails.
pub(super) fn text(
    store: &Store,
    url: &CanonicalUrl,
    held: Option<&HeldView>,
) -> Result<String, String> {
    let now = Clock::start().now();
    let place = Place::read(store, url).map_err(|error| error.message)?;
    let mut text = format!("{}\n", place.host(now));
    for job in store.jobs().map_err(|error| error.message)? {
        let share = store.share(job.id, url.host_key()).map_err(|error| error.message)?;
        let Some(share) = share else { continue };
        let due = match (share.given_up, share.due_at) {
            (Some(reason), _) => format!("given up in this pass: {reason}"),
            (None, None) => "nothing is queued".to_owned(),
            (None, Some(due)) => match Turn::of(&place, &job, held).after(due) {
                (at, _) if at <= now => "something may be asked now".to_owned(),
                (at, why) => format!("the next URL may be asked {}{why}", moment_from(at, now)),
            },
        };
        // Writing to a String does not fail.
        writeln!(text, "{}: {} asked; {due}", clean(&job.name), share.asked).ok();
    }
    Ok(text)
}
