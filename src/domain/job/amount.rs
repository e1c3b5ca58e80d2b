//! How much a job that harvests asks, and how long that takes: known before it begins.

use std::fmt;

use super::{HarvestJob, Job};
use crate::domain::Millis;
use crate::domain::figures::{count, counted, span};

/// What a job that harvests has before it.
#[derive(Debug, Clone, Copy)]
pub struct Amount<'a> {
    job: &'a Job,
    harvest: &'a HarvestJob,
}

impl Job {
    /// How much it asks; `None` unless it harvests.
    #[must_use]
    pub fn amount(&self) -> Option<Amount<'_>> {
        self.harvest().map(|harvest| Amount { job: self, harvest })
    }
}

impl Amount<'_> {
    /// As many queries as are asked at most.
    #[must_use]
    pub fn queries(&self) -> i64 {
        let all = self.combinations();
        self.job.limits.max_pages.map_or(all, |limit| limit.min(all))
    }

    fn combinations(&self) -> i64 {
        let count = self.harvest.plan.count().unwrap_or(u128::MAX);
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// Tells of queries that no URL can hold.
    fn left_out(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unheld = self.harvest.template.unheld(&self.harvest.plan);
        if unheld.is_empty() {
            return Ok(());
        }
        let shown: Vec<String> = unheld.iter().map(|query| format!("{query:?}")).collect();
        write!(f, "; {} of them not asked, as no URL can hold: {}", shown.len(), shown.join(", "))
    }

    /// How long they take, by what the host is spared.
    fn pace(&self, queries: i64) -> String {
        let job = self.job;
        let authority = job.roots.first().map_or("", |root| root.url.authority());
        let own = job.hosts.get(authority);
        let delay = own.and_then(|rules| rules.delay_ms).unwrap_or(job.pace.delay);
        let per_host = own.and_then(|rules| rules.per_host).unwrap_or(job.pace.per_host);
        if delay == 0 {
            return format!("as fast as {authority} answers (per_host {per_host})");
        }
        let time: Millis = queries.saturating_mul(delay);
        format!("{} at one request per {} (per_host {per_host})", span(time), span(delay))
    }
}

/// `47,988 queries of 1 to 3 of 36 letters; 6h 39m at one request per 500 ms (per_host 1)`.
impl fmt::Display for Amount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, queries) = (self.combinations(), self.queries());
        let plan = &self.harvest.plan;
        let (min, max) = plan.lengths();
        let letters = counted(i64::try_from(plan.letters()).unwrap_or(i64::MAX), "letter");
        let lengths = if min == max { min.to_string() } else { format!("{min} to {max}") };
        let of_all = match all {
            i64::MAX => "more queries than can be counted".to_owned(),
            1 => "1 query".to_owned(),
            all => format!("{} queries", count(all)),
        };
        if queries == i64::MAX {
            write!(f, "{of_all}, of {lengths} of {letters}")?;
            return self.left_out(f);
        }
        let at_most = if plan.is_exhaustive() { "" } else { "at most " };
        let number = if queries < all { format!("{} of {of_all}", count(queries)) } else { of_all };
        write!(f, "{at_most}{number} of {lengths} of {letters}; {}", self.pace(queries))?;
        self.left_out(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::JobId;
    use crate::domain::harvest::{RequestSpec, ResultSpec};
    use crate::domain::job::{HostRules, JobSpec, StrategyName, SuggestSpec};

    fn own() -> SuggestSpec {
        let url = "https://a.test/s?q={query}".to_owned();
        let path = "$[*]".to_owned();
        SuggestSpec {
            request: RequestSpec { url, ..RequestSpec::default() },
            results: vec![ResultSpec { name: "tips".to_owned(), path, ..ResultSpec::default() }],
            ..SuggestSpec::default()
        }
    }

    fn told(spec: JobSpec, own: SuggestSpec) -> String {
        let spec = JobSpec { kind: "suggest".to_owned(), suggest: Some(own), ..spec };
        let job = Job::new(JobId(0), "s", &spec).unwrap();
        job.amount().unwrap().to_string()
    }

    #[test]
    fn the_count_and_the_time_it_takes_are_told() {
        let usual = JobSpec::default;
        let rules = HostRules { delay_ms: Some(1000), per_host: Some(2), ..HostRules::default() };
        let hosts = [("a.test".to_owned(), rules)].into_iter().collect();
        for (spec, own, said) in [
            (
                usual(),
                own(),
                "47,988 queries of 1 to 3 of 36 letters; 6h 39m at one request per 500 ms (per_host 1)",
            ),
            (
                JobSpec { delay_ms: 0, per_host: 64, ..usual() },
                SuggestSpec { min_length: 3, ..own() },
                "46,656 queries of 3 of 36 letters; as fast as a.test answers (per_host 64)",
            ),
            (
                JobSpec { hosts, ..usual() },
                SuggestSpec { budget: Some(60), max_length: 4, ..own() },
                "60 of 1,727,604 queries of 1 to 4 of 36 letters; 1m 0s at one request per 1.0 s (per_host 2)",
            ),
            (
                usual(),
                SuggestSpec { strategy: StrategyName::Adaptive, max_length: 60, ..own() },
                "more queries than can be counted, of 1 to 60 of 36 letters",
            ),
            (
                usual(),
                SuggestSpec { strategy: StrategyName::Adaptive, max_length: 1, ..own() },
                "at most 36 queries of 1 of 36 letters; 18.0 s at one request per 500 ms (per_host 1)",
            ),
            (
                usual(),
                SuggestSpec { alphabet: "x".to_owned(), max_length: 1, ..own() },
                "1 query of 1 of 1 letter; 500 ms at one request per 500 ms (per_host 1)",
            ),
        ] {
            assert_eq!(told(spec, own), said);
        }
    }
}
