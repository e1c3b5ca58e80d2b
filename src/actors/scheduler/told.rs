//! What the log says of one answer. Nothing is put into words unless somebody reads it (`-v`).

use std::fmt;

use crate::domain::outcome::UrlState;
use crate::frontier::answer::Answer;
use crate::frontier::record::Settled;

/// An answer in a few words.
pub(super) struct Told<'a>(pub(super) &'a Answer);

impl fmt::Display for Told<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Answer { facts, failure, found, .. } = self.0;
        match (facts.status, failure) {
            (_, Some((reason, words))) => return write!(out, "{reason}: {words}"),
            (Some(status), None) => write!(out, "status={status}")?,
            (None, None) => out.write_str("no answer")?,
        }
        match (facts.links, facts.out_of_scope) {
            (Some(links), Some(outside)) => {
                write!(out, " links={links} new={} out_of_scope={outside}", found.len())
            }
            _ => Ok(()),
        }
    }
}

/// What became of a URL that gave no page.
pub(super) struct Ended<'a>(pub(super) &'a Settled);

impl Ended<'_> {
    /// That of a result which its answer does not tell yet.
    pub(super) fn of(settled: &Settled) -> Option<Ended<'_>> {
        matches!(settled.state, UrlState::Failed | UrlState::Redirected).then_some(Ended(settled))
    }
}

impl fmt::Display for Ended<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settled { state, reason, evidence, redirect_to, tries, .. } = self.0;
        write!(out, "{}", state.name())?;
        match (reason, redirect_to) {
            (Some(reason), _) => write!(out, " after try {tries}: {reason}")?,
            (None, Some(target)) => write!(out, " to {target}")?,
            (None, None) => {}
        }
        match evidence {
            Some(words) => write!(out, ": {words}"),
            None => Ok(()),
        }
    }
}
