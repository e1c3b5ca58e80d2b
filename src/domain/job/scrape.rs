//! `scrape`: the items of paginated listings, page by page from their starts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::base::{self, Base};
use super::{Extractor, Follow, Generator, Job, JobError, JobSpec, Root};
use crate::domain::items::{ItemError, ItemReader, ItemsSpec};
use crate::domain::listing::Listing;
use crate::domain::page_url::PageUrlSpec;
use crate::domain::politeness::Pause;
use crate::domain::scope::{Scope, ScopeKind};
use crate::domain::{JobId, Millis};

/// What is a scraping job's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScrapeSpec {
    /// What is taken from a page, and where the next one is.
    pub items: ItemsSpec,
    /// The URLs of pages; without it the next link leads on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_url: Option<PageUrlSpec>,
    /// A random rest between two requests to a host, in milliseconds: the shortest, the longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_ms: Option<(Millis, Millis)>,
}

impl ScrapeSpec {
    /// What is wrong with it, each with its key.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn check(&self) -> Result<ItemReader, Vec<ItemError>> {
        let mut errors = Vec::new();
        let mut wrong = |key: &str, problem: String| {
            errors.push(ItemError { key: key.to_owned(), problem });
        };
        if let Some(Err(error)) = self.page_url.as_ref().map(PageUrlSpec::check) {
            wrong(error.key, error.problem);
        }
        if self.page_url.is_some() && self.items.next.is_some() {
            let problem = "give next or page_url; with page_url 'more' says what a page holds \
                           that has a next one";
            wrong("next", problem.to_owned());
        }
        if let Some((least, most)) = self.pause_ms
            && least > most
        {
            wrong("pause", "the shortest rest is longer than the longest".to_owned());
        }
        match ItemReader::new(&self.items) {
            Ok(reader) if errors.is_empty() => Ok(reader),
            Ok(_) => Err(errors),
            Err(others) => Err([errors, others].concat()),
        }
    }

    /// The names of an item's fields, and of those of its own page, in their order; none: they are
    /// not known before the items are.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        ItemReader::new(&self.items).map(|reader| reader.columns()).unwrap_or_default()
    }

    /// The names of the fields of an item's own page.
    #[must_use]
    pub fn detail_columns(&self) -> Vec<String> {
        let names = self.items.detail_fields.iter().map(|field| field.name.clone());
        if self.items.detail.is_some() { names.collect() } else { Vec::new() }
    }
}

pub(super) fn job(id: JobId, name: &str, spec: &JobSpec) -> Result<Job, JobError> {
    let scrape = spec.scrape.clone().unwrap_or_default();
    let reader = scrape.check().map_err(JobError::Items)?;
    let roots = roots(spec, &scrape)?;
    let starts: Vec<_> = roots.iter().map(|root| root.url.clone()).collect();
    let whole = scrape.page_url.as_ref().is_some_and(|template| !template.is_relative());
    if whole && starts.len() > 1 {
        let problem = "one URL for several starts; begin it with {start}, or make it relative";
        let error = ItemError { key: "page_url".to_owned(), problem: problem.to_owned() };
        return Err(JobError::Items(vec![error]));
    }
    let scope = Scope::new(ScopeKind::Any, &starts, &spec.include, &spec.exclude)?;
    // What counts under max_pages are the pages of a listing.
    let max_pages = spec.max_pages.map(|most| i32::try_from(most).unwrap_or(i32::MAX));
    let listing = Listing { reader, page_url: scrape.page_url, starts, max_pages };
    let mut job = base::job(
        id,
        name,
        spec,
        Base {
            generator: Generator::Starts,
            roots,
            scope,
            extractor: Extractor::Items(Arc::new(listing)),
            follow: Follow::Nothing,
        },
    );
    job.limits.max_pages = None;
    job.limits.max_depth = None;
    job.limits.listing_pages = max_pages;
    job.sitemaps = false;
    if let Some((least, most)) = scrape.pause_ms {
        job.pace.pause = Pause { least, most };
        if spec.delay_ms == JobSpec::default().delay_ms {
            // Nobody asked for that one: the pause takes its place.
            job.pace.delay = least;
        }
    }
    Ok(job)
}

/// The start pages; a template that is a whole URL makes its own.
fn roots(spec: &JobSpec, scrape: &ScrapeSpec) -> Result<Vec<Root>, JobError> {
    let wrong = |problem: String| JobError::Items(vec![ItemError { key: "start".into(), problem }]);
    if !spec.roots.is_empty() {
        return base::roots(spec).map_err(|error| match error {
            JobError::Root { root, error } => wrong(format!("'{root}': {error}")),
            other => other,
        });
    }
    let first = scrape.page_url.as_ref().and_then(|template| template.url(None, 1));
    let missing = "missing; give the first page of a listing, or a page_url that is a whole URL";
    first.map(|url| vec![Root { url, guessed: false }]).ok_or_else(|| wrong(missing.to_owned()))
}
