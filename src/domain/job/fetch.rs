//! `fetch`: a list of URLs, each asked once, and nothing that they lead to but redirects.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::base::{self, Base};
use super::{Extractor, Follow, Generator, Job, JobError, JobSpec};
use crate::domain::JobId;
use crate::domain::harvest::{RuleError, RuleErrors};
use crate::domain::list::Column;
use crate::domain::scope::{Scope, ScopeKind};

/// Where the list comes from, and what is asked besides it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FetchSpec {
    /// URLs.
    pub urls: Vec<String>,
    /// Full names of files, read in this order after the URLs; `-` is standard input.
    pub files: Vec<String>,
    /// Sitemaps whose entries belong to the list.
    pub sitemaps: Vec<String>,
    /// The column of the files, which are tables then.
    pub column: Option<String>,
    /// Are links asked too, whether they are broken?
    pub check: bool,
}

impl FetchSpec {
    /// The column, where the files are tables.
    #[must_use]
    pub fn column(&self) -> Option<Column> {
        self.column.as_deref()?.parse().ok()
    }

    /// Is there nothing that a URL could come from?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.urls.is_empty() && self.files.is_empty() && self.sitemaps.is_empty()
    }
}

/// The list is checked where it is read: a bad line is no bad job.
pub(super) fn job(id: JobId, name: &str, spec: &JobSpec) -> Result<Job, JobError> {
    let list = spec.fetch.clone().unwrap_or_default();
    let mut errors = RuleErrors::default();
    let mut wrong = |key: &str, problem: &str| {
        errors.0.push(RuleError { key: key.to_owned(), problem: problem.to_owned() });
    };
    if list.is_empty() {
        wrong("file", "missing; give a file with one URL a line, or urls, or sitemap");
    }
    if list.column.is_some() && list.column().is_none() {
        wrong("column", "give its name, or its number from 1");
    }
    if spec.scope.parse::<ScopeKind>().is_ok_and(|kind| kind != ScopeKind::Any) {
        wrong("scope", "a list is asked as it stands; include and exclude narrow it");
    }
    if list.check && !spec.all_links {
        wrong("check", "stores all links; leave links = \"first\" out");
    }
    if !errors.0.is_empty() {
        return Err(JobError::Rules(errors));
    }
    spec.scope.parse::<ScopeKind>()?;
    Ok(base::job(
        id,
        name,
        spec,
        Base {
            scope: Scope::new(ScopeKind::Any, &[], &spec.include, &spec.exclude)?,
            follow: if list.check { Follow::Check } else { Follow::Nothing },
            generator: Generator::List(Arc::new(list)),
            roots: Vec::new(),
            extractor: Extractor::Links,
        },
    ))
}
