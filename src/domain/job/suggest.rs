//! `suggest`: the tips of an endpoint that completes queries.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::base::{self, Base};
use super::{Extractor, Follow, Generator, Job, JobError, JobSpec, Root};
use crate::domain::JobId;
use crate::domain::harvest::{
    Alphabet, Matcher, Plan, RequestSpec, RequestTemplate, ResultSpec, RuleError, RuleErrors,
    Strategy, TipReader,
};
use crate::domain::scope::{Scope, ScopeKind};

/// Columns that every tip has; no field may be called like one.
pub const COLUMNS: [&str; 5] = ["job", "result", "query", "rank", "text"];

/// What is a suggest job's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SuggestSpec {
    /// How a query is asked.
    pub request: RequestSpec,
    /// The letters, as [`Alphabet::parse`] reads them.
    pub alphabet: String,
    /// Do letters become lower case?
    pub fold: bool,
    /// Letters of the shortest query.
    pub min_length: usize,
    /// Letters of the longest.
    pub max_length: usize,
    /// Before the letters of each query.
    pub prefix: String,
    /// After them.
    pub suffix: String,
    /// How the queries are chosen.
    pub strategy: StrategyName,
    /// Which tips the endpoint finds; `None`: it is found out.
    pub matcher: Option<Matcher>,
    /// Do letters seen in tips join the alphabet?
    pub learn: bool,
    /// Most queries of a pass; the most promising come first then.
    pub budget: Option<i64>,
    /// The kinds of result.
    pub results: Vec<ResultSpec>,
}

/// A strategy by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StrategyName {
    /// Every combination.
    #[default]
    Exhaustive,
    /// Those that can show something new.
    Adaptive,
}

impl Default for SuggestSpec {
    fn default() -> Self {
        Self {
            request: RequestSpec::default(),
            alphabet: "a-z0-9".to_owned(),
            fold: false,
            min_length: 1,
            max_length: 3,
            prefix: String::new(),
            suffix: String::new(),
            strategy: StrategyName::Exhaustive,
            matcher: None,
            learn: false,
            budget: None,
            results: Vec::new(),
        }
    }
}

impl SuggestSpec {
    /// Does it ask the same of the endpoint for the same letters? Headers may differ.
    #[must_use]
    pub fn asks_like(&self, other: &Self) -> bool {
        let bare = |spec: &Self| RequestSpec { headers: Vec::new(), ..spec.request.clone() };
        bare(self) == bare(other) && self.prefix == other.prefix && self.suffix == other.suffix
    }
}

/// What is asked of an endpoint, and how.
#[derive(Debug, Clone)]
pub struct HarvestJob {
    /// How a query is asked.
    pub template: RequestTemplate,
    /// Which queries.
    pub plan: Plan,
    /// What is taken from the answers.
    pub results: Vec<ResultSpec>,
    /// Most queries of a pass.
    pub budget: Option<i64>,
}

pub(super) fn job(id: JobId, name: &str, spec: &JobSpec) -> Result<Job, JobError> {
    let own = spec.suggest.clone().unwrap_or_default();
    let Parts { template, plan, reader } = parts(&own)?;
    let roots = vec![Root { url: template.endpoint().clone(), guessed: false }];
    let harvest = HarvestJob { template, plan, results: own.results, budget: own.budget };
    let base = Base {
        scope: Scope::new(ScopeKind::Any, &[], &[], &[])?,
        generator: Generator::Harvest(Arc::new(harvest)),
        roots,
        extractor: Extractor::Tips(Arc::new(reader)),
        follow: Follow::Nothing,
    };
    let mut job = base::job(id, name, spec, base);
    accept_json(&mut job, spec);
    let limits = [job.limits.max_pages, own.budget];
    job.limits.max_pages = limits.into_iter().flatten().min();
    Ok(job)
}

/// What a specification means.
struct Parts {
    template: RequestTemplate,
    plan: Plan,
    reader: TipReader,
}

/// What a specification means, or all that is wrong with it.
fn parts(own: &SuggestSpec) -> Result<Parts, RuleErrors> {
    let mut errors = RuleErrors::default();
    let template = errors.take(RequestTemplate::new(&own.request));
    let endpoint = template.as_ref().map_or("", |template| template.endpoint().as_str());
    let plan = errors.take(plan(own, xxh3_64(endpoint.as_bytes())));
    errors.take(check_results(&own.results));
    let reader = errors.take(TipReader::new(&own.results));
    let parts = template.zip(plan).zip(reader);
    errors.or(parts.map(|((template, plan), reader)| Parts { template, plan, reader }))
}

/// The combinations that a specification means.
fn plan(own: &SuggestSpec, seed: u64) -> Result<Plan, RuleErrors> {
    let wrong = |key: &str, problem: String| RuleError { key: key.to_owned(), problem };
    let mut errors = RuleErrors::default();
    let alphabet = Alphabet::parse(&own.alphabet, own.fold)
        .map_err(|error| wrong("alphabet", error.to_string()));
    let alphabet = errors.take(alphabet);
    for (key, text) in [("prefix", &own.prefix), ("suffix", &own.suffix)] {
        if text.chars().any(char::is_control) {
            let problem = "holds control characters, which no query can".to_owned();
            errors.0.push(wrong(key, problem));
        }
    }
    if own.budget.is_some_and(|budget| budget < 1) {
        errors.0.push(wrong("budget", "give 1 or more".to_owned()));
    }
    let strategy = errors.take(strategy(own)).unwrap_or(Strategy::Exhaustive);
    // The lengths can be wrong whatever the letters are.
    let one = || Alphabet::new(std::iter::once('a'), false).ok();
    let lengths = (own.min_length, own.max_length);
    let plan = alphabet.or_else(one).and_then(|alphabet| {
        let plan = Plan::new(alphabet, lengths, strategy, seed);
        errors.take(plan.map_err(|error| wrong("max_length", error.to_string())))
    });
    errors.or(plan.map(|plan| plan.between(&own.prefix, &own.suffix)))
}

fn strategy(own: &SuggestSpec) -> Result<Strategy, RuleError> {
    match own.strategy {
        StrategyName::Adaptive => Ok(Strategy::Adaptive {
            matcher: own.matcher,
            learn: own.learn,
            best_first: own.budget.is_some(),
        }),
        StrategyName::Exhaustive if own.learn || own.matcher.is_some() => {
            let key = if own.learn { "learn" } else { "matcher" }.to_owned();
            let problem = "is for the strategy 'adaptive': exhaustive asks every combination";
            Err(RuleError { key, problem: problem.to_owned() })
        }
        StrategyName::Exhaustive => Ok(Strategy::Exhaustive),
    }
}

/// Names that tell apart what is exported.
fn check_results(results: &[ResultSpec]) -> Result<(), RuleErrors> {
    let mut errors = RuleErrors::default();
    let mut wrong =
        |key: String, problem: &str| errors.0.push(RuleError { key, problem: problem.to_owned() });
    let plain = |name: &str| !name.is_empty() && !name.chars().any(char::is_control);
    let mut names = HashSet::new();
    for result in results {
        if !plain(&result.name) || !names.insert(&result.name) {
            wrong("results".to_owned(), "give each kind a name of its own");
        }
        let mut fields = HashSet::new();
        for field in &result.fields {
            let key = format!("results.{}.fields.{}", result.name, field.name);
            if COLUMNS.contains(&field.name.as_str()) {
                wrong(key, "every tip has a column of this name: choose another");
            } else if !plain(&field.name) || !fields.insert(&field.name) {
                wrong(key, "give each field a name of its own");
            }
        }
    }
    errors.or(Some(()))
}

/// Asks for what such endpoints answer with, unless the operator says otherwise.
fn accept_json(job: &mut Job, spec: &JobSpec) {
    if spec.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Accept")) {
        return;
    }
    for (name, value) in Arc::make_mut(&mut job.http.headers) {
        if name.eq_ignore_ascii_case("Accept") {
            "application/json, text/javascript, */*;q=0.5".clone_into(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::harvest::FieldSpec;

    fn spec(own: SuggestSpec) -> JobSpec {
        JobSpec { kind: "suggest".to_owned(), suggest: Some(own), ..JobSpec::default() }
    }

    fn own() -> SuggestSpec {
        let url = "https://a.test/s?q={query}".to_owned();
        let path = "$[*]".to_owned();
        SuggestSpec {
            request: RequestSpec { url, ..RequestSpec::default() },
            results: vec![ResultSpec { name: "tips".to_owned(), path, ..ResultSpec::default() }],
            ..SuggestSpec::default()
        }
    }

    fn refused(own: SuggestSpec) -> String {
        Job::new(JobId(0), "s", &spec(own)).unwrap_err().to_string()
    }

    #[test]
    fn the_usual_job_asks_every_combination_of_36_letters_to_length_3() {
        let job = Job::new(JobId(0), "s", &spec(own())).unwrap();
        let Generator::Harvest(harvest) = &job.generator else { panic!("no harvest") };
        assert_eq!(harvest.plan.count(), Some(47_988));
        assert!(job.names("a.test") && job.limits.max_pages.is_none());
        let accept = job.http.headers.iter().find(|(name, _)| name == "Accept").unwrap();
        assert!(accept.1.starts_with("application/json"));
    }

    #[test]
    fn a_budget_and_a_limit_of_pages_are_one_limit_the_smaller() {
        let own = SuggestSpec { budget: Some(10), ..own() };
        let spec = JobSpec { max_pages: Some(20), ..spec(own) };
        let job = Job::new(JobId(0), "s", &spec).unwrap();
        assert_eq!((job.limits.max_pages, job.page_limit()), (Some(10), "budget"));
        let spec = JobSpec { max_pages: Some(9), ..spec };
        let job = Job::new(JobId(0), "s", &spec).unwrap();
        assert_eq!((job.limits.max_pages, job.page_limit()), (Some(9), "max_pages"));
    }

    #[test]
    fn an_accept_header_of_the_operator_stays() {
        let headers = vec![("accept".to_owned(), "text/html".to_owned())];
        let job = Job::new(JobId(0), "s", &JobSpec { headers, ..spec(own()) }).unwrap();
        let all: Vec<_> = job.http.headers.iter().map(|(_, value)| value.as_str()).collect();
        assert!(all.contains(&"text/html") && !all.iter().any(|value| value.contains("json")));
    }

    #[test]
    fn what_makes_no_harvest_is_refused_by_its_key() {
        let named =
            |name: &str| vec![ResultSpec { name: name.to_owned(), ..own().results.remove(0) }];
        let field =
            FieldSpec { name: "rank".to_owned(), path: "$.r".to_owned(), ..FieldSpec::default() };
        for (own, said) in [
            (SuggestSpec { alphabet: "{klingon}".to_owned(), ..own() }, "alphabet: "),
            (SuggestSpec { min_length: 4, ..own() }, "max_length: lengths 4 to 3"),
            (SuggestSpec { prefix: "a\n".to_owned(), ..own() }, "prefix: "),
            (SuggestSpec { budget: Some(0), ..own() }, "budget: "),
            (SuggestSpec { learn: true, ..own() }, "learn: is for the strategy 'adaptive'"),
            (SuggestSpec { matcher: Some(Matcher::Infix), ..own() }, "matcher: is for"),
            (SuggestSpec { results: Vec::new(), ..own() }, "results: "),
            (SuggestSpec { results: named(""), ..own() }, "results: "),
            (SuggestSpec { results: [named("a"), named("a")].concat(), ..own() }, "results: "),
            (
                SuggestSpec {
                    results: vec![ResultSpec { fields: vec![field], ..own().results.remove(0) }],
                    ..own()
                },
                "results.tips.fields.rank: ",
            ),
            (SuggestSpec { request: RequestSpec::default(), ..own() }, "request.url: "),
        ] {
            let error = refused(own);
            assert!(error.starts_with(said), "{said} / {error}");
        }
    }
}
