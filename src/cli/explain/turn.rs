//! When a host's turn comes: as the daemon has it, or else as the store and the job's rules tell.

use super::place::Place;
use super::rules::Rules;
use crate::daemon::view::HeldView;
use crate::domain::Millis;
use crate::domain::job::JobSpec;
use crate::store::JobRow;

/// Nothing is asked of the host before.
pub(in crate::cli) struct Turn {
    at: Millis,
    /// Words for it, where there are any.
    why: String,
}

impl Turn {
    /// Of this host for a job; `held`: what the daemon that holds it knows.
    pub(in crate::cli) fn of(place: &Place, job: &JobRow, held: Option<&HeldView>) -> Self {
        let rests = Self { at: place.not_before(), why: String::new() };
        let known = match held {
            Some(held) => Self { at: held.until, why: format!("; its host {}", held.why) },
            None => Self::spaced(place, job),
        };
        if known.at > rests.at { known } else { rests }
    }

    /// By the distance that the job and the host's robots.txt want, or by what the operator has set
    /// for the host.
    fn spaced(place: &Place, job: &JobRow) -> Self {
        let spec: JobSpec = serde_json::from_str(&job.spec).unwrap_or_default();
        let own = spec.hosts.get(place.authority()).and_then(|rules| rules.delay_ms);
        let rules = Rules::read(&job.spec).ok();
        let agent = rules.as_ref().and_then(Rules::robots_agent);
        let wished = place.crawl_delay(agent).map_or(0, |it| it.min(spec.max_crawl_delay_ms));
        let asked_at = place.asked_at();
        let (distance, why) = match own {
            None if wished >= spec.delay_ms => (wished, "; its host waits for crawl-delay"),
            _ => (own.unwrap_or(spec.delay_ms), "; its host waits for its delay"),
        };
        let at = if asked_at == 0 { 0 } else { asked_at.saturating_add(distance) };
        Self { at, why: why.to_owned() }
    }

    /// When what is due then may be asked, with words for it.
    pub(in crate::cli) fn after(self, due: Millis) -> (Millis, String) {
        if due > self.at { (due, String::new()) } else { (self.at, self.why) }
    }
}
