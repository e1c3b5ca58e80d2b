//! `crawl`: a site, recursively, from its roots.

use super::base::{self, Base};
use super::{Extractor, Follow, Generator, Job, JobError, JobSpec};
use crate::domain::JobId;
use crate::domain::scope::{Scope, ScopeKind};
use crate::domain::url::CanonicalUrl;

pub(super) fn job(id: JobId, name: &str, spec: &JobSpec) -> Result<Job, JobError> {
    let roots = base::roots(spec)?;
    let urls: Vec<CanonicalUrl> = roots.iter().map(|root| root.url.clone()).collect();
    let kind: ScopeKind = spec.scope.parse()?;
    Ok(base::job(
        id,
        name,
        spec,
        Base {
            scope: Scope::new(kind, &urls, &spec.include, &spec.exclude)?,
            generator: Generator::Roots,
            roots,
            extractor: Extractor::Links,
            follow: Follow::InScope,
        },
    ))
}
