//! How much there is to ask, told before the start.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::cli::error::CommandError;
use crate::cli::text::{clean, count, counted, span};
use crate::domain::job::{Generator, HarvestJob, Job};
use crate::domain::{JobId, Millis};
use crate::order::Order;

/// More queries than this are not begun on a terminal without a question.
const MANY: i64 = 100_000;

/// Tells how many queries there are and how long they take at least. On a terminal, before a job of
/// very many begins, asks whether it is meant.
///
/// # Errors
/// 2 when the order makes no job, 1 when it is not to begin.
pub(super) fn announce(order: &Order, question: bool) -> Result<(), CommandError> {
    let job = Job::new(JobId(0), &order.name, &order.spec)
        .map_err(|error| CommandError::usage(error.to_string()))?;
    let Generator::Harvest(harvest) = &job.generator else { return Ok(()) };
    let queries = queries(&job, harvest);
    log::info!("{}", text(&job, harvest, queries));
    let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    if question && terminal && queries > MANY && !agreed(&mut io::stdin().lock())? {
        let message = "not begun; --max-length, --budget or --strategy adaptive make it less, \
                       --yes begins without asking";
        return Err(CommandError { exit: 1, message: message.to_owned() });
    }
    Ok(())
}

/// As many as are asked at most.
fn queries(job: &Job, harvest: &HarvestJob) -> i64 {
    let all = combinations(harvest);
    job.limits.max_pages.map_or(all, |limit| limit.min(all))
}

fn combinations(harvest: &HarvestJob) -> i64 {
    let count = harvest.plan.count().unwrap_or(u128::MAX);
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// `47,988 queries of 1 to 3 of 36 letters; 6h 39m at one request per 500 ms (per_host 1)`.
fn text(job: &Job, harvest: &HarvestJob, queries: i64) -> String {
    let all = combinations(harvest);
    let (min, max) = harvest.plan.lengths();
    let letters = counted(i64::try_from(harvest.plan.letters()).unwrap_or(i64::MAX), "letter");
    let lengths = if min == max { min.to_string() } else { format!("{min} to {max}") };
    let of_all = match all {
        i64::MAX => "more queries than can be counted".to_owned(),
        1 => "1 query".to_owned(),
        all => format!("{} queries", count(all)),
    };
    if queries == i64::MAX {
        return format!("{of_all}, of {lengths} of {letters}");
    }
    let at_most = if harvest.plan.is_exhaustive() { "" } else { "at most " };
    let number = if queries < all { format!("{} of {of_all}", count(queries)) } else { of_all };
    format!("{at_most}{number} of {lengths} of {letters}; {}", pace(job, queries))
}

/// How long they take, by what the host is spared.
fn pace(job: &Job, queries: i64) -> String {
    let authority = job.roots.first().map_or("", |root| root.url.authority());
    let own = job.hosts.get(authority);
    let delay = own.and_then(|rules| rules.delay_ms).unwrap_or(job.pace.delay);
    let per_host = own.and_then(|rules| rules.per_host).unwrap_or(job.pace.per_host);
    if delay == 0 {
        return format!("as fast as {} answers (per_host {per_host})", clean(authority));
    }
    let time: Millis = queries.saturating_mul(delay);
    format!("{} at one request per {} (per_host {per_host})", span(time), span(delay))
}

fn agreed(answers: &mut impl BufRead) -> io::Result<bool> {
    write!(io::stderr(), "Begin? [y/N] ")?;
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let Generator::Harvest(harvest) = &job.generator else { panic!("no harvest") };
        text(&job, harvest, queries(&job, harvest))
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

    #[test]
    fn only_yes_is_yes() {
        for (answer, yes) in [("y\n", true), (" YES \n", true), ("n\n", false), ("", false)] {
            assert_eq!(agreed(&mut answer.as_bytes()).unwrap(), yes, "{answer:?}");
        }
    }
}
