//! The keys of kind `crawl`.

use serde::Deserialize;

use super::faults::{Faults, set};
use super::kinds::Kind;
use crate::domain::job::JobSpec;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Crawl {
    roots: Option<Vec<String>>,
    assets: Option<bool>,
    sitemaps: Option<bool>,
}

impl Kind for Crawl {
    const NAME: &'static str = "crawl";

    fn apply(self, job: &mut JobSpec, _: &mut Faults) {
        set(&mut job.roots, self.roots);
        set(&mut job.assets, self.assets);
        set(&mut job.sitemaps, self.sitemaps);
    }
}
