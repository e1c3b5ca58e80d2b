//! `crawld suggest`: the tips of an endpoint that completes queries.

mod announce;
mod request;
mod results;

use super::error::CommandError;
use super::one_off::{self, OneOff};
use super::options::Shared;
use super::report::Report;
use crate::config::{Override, Settings};
use crate::domain::JobId;
use crate::domain::harvest::{Matcher, RequestTemplate};
use crate::domain::job::{Job, JobSpec, StrategyName, SuggestSpec};
use crate::order::Order;
use crate::store::Store;

/// Options of `crawld suggest`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    request: request::RequestOptions,
    /// Letters of the queries: ranges, single letters and {latin} {digits} {cyrillic} {ukrainian}
    /// {space}, mixed [default: a-z0-9]
    #[arg(long, value_name = "LETTERS", allow_hyphen_values = true)]
    alphabet: Option<String>,
    /// Take the letters of the alphabet in lower case
    #[arg(long)]
    fold: bool,
    /// Letters of the shortest queries [default: 1]
    #[arg(long, value_name = "N")]
    min_length: Option<usize>,
    /// Letters of the longest queries [default: 3]
    #[arg(long, value_name = "N")]
    max_length: Option<usize>,
    /// Put this before the letters of each query
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    prefix: Option<String>,
    /// Put this after the letters of each query
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    suffix: Option<String>,
    /// Ask every combination, or those that can show something new [default: exhaustive]
    #[arg(long, value_parser = strategy, value_name = "exhaustive|adaptive")]
    strategy: Option<StrategyName>,
    /// Ask at most N queries; adaptive asks first what promises most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    budget: Option<i64>,
    /// Which tips the endpoint finds: those that begin with the query, or hold it anywhere
    /// [default: adaptive finds it out]
    #[arg(long, value_parser = matcher, value_name = "prefix|infix")]
    matcher: Option<Matcher>,
    /// Adaptive: let letters seen in tips join the alphabet
    #[arg(long)]
    learn: bool,
    #[command(flatten)]
    results: results::ResultOptions,
    /// Begin without a question; else, on a terminal, a harvest of more than 100,000 queries is begun
    /// only after one
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    shared: Shared,
}

fn strategy(text: &str) -> Result<StrategyName, String> {
    match text {
        "exhaustive" => Ok(StrategyName::Exhaustive),
        "adaptive" => Ok(StrategyName::Adaptive),
        _ => Err("write exhaustive or adaptive".to_owned()),
    }
}

fn matcher(text: &str) -> Result<Matcher, String> {
    match text {
        "prefix" => Ok(Matcher::Prefix),
        "infix" => Ok(Matcher::Infix),
        _ => Err("write prefix or infix".to_owned()),
    }
}

impl OneOff for Args {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn overrides(&self) -> Vec<Override> {
        Vec::new()
    }

    /// Its name is `suggest-` and the host of the endpoint.
    fn order(&self, settings: &Settings) -> Result<Order, CommandError> {
        let mut spec = settings.job.clone();
        let request = self.request.spec(&mut spec);
        let template = RequestTemplate::new(&request)
            .map_err(|error| CommandError::usage(error.to_string()))?;
        let name = format!("suggest-{}", template.endpoint().host());
        let usual = SuggestSpec::default();
        let own = SuggestSpec {
            request,
            alphabet: self.alphabet.clone().unwrap_or(usual.alphabet),
            fold: self.fold,
            min_length: self.min_length.unwrap_or(usual.min_length),
            max_length: self.max_length.unwrap_or(usual.max_length),
            prefix: self.prefix.clone().unwrap_or_default(),
            suffix: self.suffix.clone().unwrap_or_default(),
            strategy: self.strategy.unwrap_or_default(),
            matcher: self.matcher,
            learn: self.learn,
            budget: self.budget,
            results: self.results.specs()?,
        };
        let spec = JobSpec { kind: "suggest".to_owned(), suggest: Some(own), ..spec };
        let order = one_off::order(&self.shared, name, spec)?;
        // Before a store is made for it.
        Job::new(JobId(0), &order.name, &order.spec)
            .map_err(|error| CommandError::usage(error.to_string()))?;
        Ok(order)
    }

    fn before(&self, order: &Order, new: bool) -> Result<(), CommandError> {
        announce::announce(order, new && !self.yes)
    }

    fn without_result(&self, _: &Store, _: &Report) -> CommandError {
        let message = "no query was answered; the report says why".to_owned();
        CommandError { exit: 1, message }
    }
}
