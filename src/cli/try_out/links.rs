//! The links of a page: what a job would record, follow and leave.

use serde::Serialize;

use super::sight::{Leaves, Paper, Sight};
use crate::domain::extract::PageReader;
use crate::domain::job::{Follow, Job};
use crate::frontier::discover::{Source, discover};
use crate::frontier::known::KnownUrls;
use crate::frontier::record::LinkRow;

/// A link that would be recorded.
#[derive(Debug, Serialize)]
pub(super) struct Link {
    pub(super) target: String,
    pub(super) kind: &'static str,
    pub(super) text: Option<String>,
    pub(super) nofollow: bool,
}

impl From<LinkRow> for Link {
    fn from(row: LinkRow) -> Self {
        let LinkRow { target, kind, text, nofollow } = row;
        Self { target, kind: kind.name(), text, nofollow }
    }
}

impl Sight {
    pub(super) fn links(&mut self, job: &Job, paper: &Paper) {
        let mut reader = PageReader::new(&paper.url, &paper.headers, &job.page);
        reader.feed(&paper.body);
        let page = reader.finish();
        self.title = page.title;
        if page.links_cut {
            self.note = Some(format!("cut: more than {} links", job.page.max_links));
        }
        let mut leaves = Vec::new();
        for link in page.outlinks.iter().filter(|_| job.follow != Follow::Nothing) {
            let url = link.url.as_str().to_owned();
            if !job.scope.allows(&link.url) {
                let why = format!("scope: {}", job.scope.explain(&link.url).rule);
                leaves.push(Leaves { url, why });
            } else if job.follow == Follow::InScope && (link.nofollow || page.nofollow) {
                leaves.push(Leaves { url, why: "nofollow".to_owned() });
            }
        }
        let source = Source { key: paper.url.key(), depth: 0, nofollow: page.nofollow };
        let discovered = discover(job, &KnownUrls::new(1 << 16), source, page.outlinks);
        self.links = job.all_links.then(|| discovered.links.into_iter().map(Link::from).collect());
        self.sort(discovered.found);
        self.leaves.extend(leaves);
    }
}
