//! Answers are judged and taken in.

use super::SchedulerActor;
use super::flight::{Takeoff, note};
use super::told::{Ended, Told};
use crate::domain::outcome::UrlState;
use crate::domain::role::Role;
use crate::domain::{JobId, Millis};
use crate::frontier::answer::{Answer, RobotsAnswer};
use crate::frontier::host::Work;
use crate::frontier::record::{NewUrl, QueuedUrl, Settled};
use crate::frontier::robots_gate::RobotsErrand;
use crate::frontier::verdict::{Moment, Verdict};

impl SchedulerActor {
    pub(super) fn moment(&self, now: Millis, salt: i64) -> Moment {
        let luck = salt.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ now.cast_unsigned();
        let stale = self.flights.stale.contains(&salt);
        let renewed = self.flights.renewed.contains(&salt);
        Moment { now, luck: luck.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 17, stale, renewed }
    }

    pub(super) fn page_landed(
        &mut self,
        takeoff: Takeoff,
        row: QueuedUrl,
        mut answer: Answer,
        now: Millis,
    ) {
        self.measure.answered(row.role, &answer);
        self.heard(&row, &mut answer, now);
        let depth = self.lowered(&row).unwrap_or(row.depth);
        let lowered = depth < row.depth;
        let mut row = QueuedUrl { depth, ..row };
        let (host, id) = (row.host, row.id);
        let leads_on = matches!(answer.facts.status, Some(200..=399)) && answer.failure.is_none();
        // A server that takes "if it has changed" for a condition that failed.
        let balks = answer.facts.status == Some(412) && row.validators.is_some();
        if (lowered && leads_on) || balks {
            // Or what it leads to was judged too deep: it is asked again, whatever its version.
            row.validators = None;
            let sent_at = answer.facts.fetched_at;
            let verdict = self.window.put_back(row, sent_at, takeoff.reported, now);
            self.batches.touch(host, false, now);
            if let Some(Verdict::Settled(settled)) = verdict {
                self.take_in(*settled, 512, [0; 4], now);
            }
            self.tell_given_up(now);
            return;
        }
        let weight = answer.weight();
        let phases = answer.phases_us;
        let slow = |w: &crate::frontier::window::Window| {
            w.host(host).map(|h| (h.pace.not_before, h.pace.backoff))
        };
        let before = slow(&self.window);
        let moment = self.moment(now, id);
        let url = log::log_enabled!(log::Level::Debug).then(|| row.url.clone());
        let verdict = self.window.settle(row, answer, takeoff.reported, moment);
        let after = slow(&self.window);
        let slowed = before.zip(after).is_some_and(|(before, after)| after > before);
        self.batches.touch(host, slowed, now);
        match verdict {
            Some(Verdict::Settled(settled) | Verdict::GiveUp(settled)) => {
                self.flights.renewed.remove(&id);
                self.flights.stale.remove(&id);
                self.tell_end(url, &settled);
                self.take_in(*settled, weight, phases, now);
            }
            Some(Verdict::Deferred(deferred)) => {
                // Its tries, which tell of it, are stored.
                self.flights.stale.remove(&id);
                if let Some(run) = self.jobs.get_mut(&deferred.job) {
                    run.settled(phases, deferred.facts.bytes);
                }
                self.batches.defer(*deferred, now);
            }
            Some(Verdict::Stale) => note(&mut self.flights.stale, id),
            Some(Verdict::OnceMore) => note(&mut self.flights.renewed, id),
            Some(Verdict::Again) | None => {}
        }
        self.tell_given_up(now);
    }

    /// Takes in what concerns the job as a whole, and tells the answer to whom it may concern.
    fn heard(&mut self, row: &QueuedUrl, answer: &mut Answer, now: Millis) {
        let Some(run) = self.jobs.get_mut(&row.job) else { return };
        run.lands(now);
        run.keep_cookies(&row.url, answer, now);
        let (job, url) = (&run.job.name, &row.url);
        log::debug!("job={job} url={url} try {}: {}", row.tries + 1, Told(answer));
        for new in &answer.found {
            log::trace!("job={job} url={url} adds {}", new.url);
        }
    }

    /// Tells what became of a URL, where somebody listens.
    fn tell_end(&self, url: Option<String>, settled: &Settled) {
        if let Some((url, ended)) = url.zip(Ended::of(settled)) {
            let job = self.jobs.get(&settled.job).map_or("", |run| &run.job.name);
            log::debug!("job={job} url={url} {ended}");
        }
    }

    /// There was no place for the request at its host's address: nothing has happened.
    pub(super) fn turned_away(&mut self, takeoff: Takeoff, work: Work, now: Millis) {
        if let Work::Page(row, _) = &work
            && let Some(run) = self.jobs.get_mut(&row.job)
        {
            run.lands(now);
        }
        let verdict = self.window.crowded(takeoff.host, work, takeoff.reported, now);
        if let Some(Verdict::Settled(settled)) = verdict {
            self.take_in(*settled, 512, [0; 4], now);
        }
        self.tell_given_up(now);
    }

    /// Passes on which hosts are given up.
    fn tell_given_up(&mut self, now: Millis) {
        while let Some(given_up) = self.window.next_given_up() {
            if let Some(run) = self.jobs.get_mut(&given_up.job) {
                run.written = false;
                let host = self.window.host(given_up.host).map_or("", |host| &host.authority);
                run.tell_given_up(host, given_up.reason);
            }
            self.batches.give_up(given_up, now);
        }
    }

    /// The depth of a page that a shorter way was found to while it was being asked, where depth is
    /// what decides which of its links are followed.
    pub(super) fn lowered(&self, row: &QueuedUrl) -> Option<i32> {
        let run = self.jobs.get(&row.job).filter(|_| row.role == Role::Page)?;
        run.job.limits.max_depth?;
        let known = self.known.depth(row.job, row.key);
        let found = self.batches.depth(row.job, row.key);
        known.into_iter().chain(found).min().filter(|depth| *depth < row.depth)
    }

    /// Takes in a final result.
    pub(super) fn take_in(
        &mut self,
        settled: Settled,
        weight: usize,
        phases: [i64; 4],
        now: Millis,
    ) {
        if let Some(run) = self.jobs.get_mut(&settled.job) {
            run.settled(phases, settled.facts.bytes);
            run.pending += i64::from(settled.asked);
            if run.job.limits.max_depth.is_some() {
                self.batches.note_depths(&settled);
            }
        }
        self.seen.settled += u64::from(settled.asked);
        let page = settled.role == Role::Page;
        self.seen.failed += u64::from(page && settled.state == UrlState::Failed);
        self.seen.bytes += settled.facts.bytes.unwrap_or(0).unsigned_abs();
        self.batches.settle(settled, weight, now);
    }

    /// Takes in sitemaps that a robots.txt names.
    pub(super) fn listed(&mut self, job: JobId, sitemaps: Vec<NewUrl>, now: Millis) {
        if let Some(run) = self.jobs.get_mut(&job) {
            log::debug!("job={} {} sitemaps named by robots.txt", run.job.name, sitemaps.len());
            run.settled([0; 4], None);
        }
        self.batches.list(job, sitemaps, now);
    }

    pub(super) fn robots_landed(
        &mut self,
        takeoff: Takeoff,
        errand: &RobotsErrand,
        answer: &RobotsAnswer,
        now: Millis,
    ) {
        self.measure.robots_answered(answer);
        let moment = self.moment(now, takeoff.host.0);
        let row = self.window.robots(takeoff.host, errand, answer, takeoff.reported, moment);
        if let Some(row) = row {
            let home = self.window.host(row.host);
            if let Some((host, (asked, kept))) = home.and_then(|h| Some((h, h.cut_crawl_delay()?)))
            {
                let (asked, kept) = (asked / 1000, kept / 1000);
                let host = &host.authority;
                log::warn!("host={host} asks for a crawl-delay of {asked} s, cut to {kept} s");
            }
            self.batches.robots(*row, now);
        }
        self.tell_given_up(now);
        self.batches.touch(takeoff.host, true, now);
    }
}
