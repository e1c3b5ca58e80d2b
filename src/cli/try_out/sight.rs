//! What is seen on a page: what a job takes from it, what it follows and what not.

use serde::Serialize;
use serde_json::{Map, Value};

use super::links::Link;
use super::tips::{self, Kind};
use crate::domain::JobId;
use crate::domain::items::FieldTally;
use crate::domain::job::{Extractor, Job};
use crate::domain::listing::Listing;
use crate::domain::role::Role;
use crate::domain::task::Task;
use crate::domain::url::CanonicalUrl;
use crate::frontier::listing;
use crate::frontier::record::{NewUrl, QueuedUrl};

/// Pages of a template that are looked through to find which one this is.
const PAGES: i32 = 1_000;

/// A page as it came.
pub(super) struct Paper {
    pub(super) url: CanonicalUrl,
    /// `None`: from a file, or there was no answer.
    pub(super) status: Option<u16>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Why there is none.
    pub(super) trouble: Option<String>,
}

/// What is seen on it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Sight {
    pub(super) job: String,
    pub(super) kind: &'static str,
    pub(super) url: String,
    pub(super) status: Option<u16>,
    pub(super) content_type: Option<String>,
    pub(super) bytes: usize,
    pub(super) title: Option<String>,
    /// What kept the page from being read.
    pub(super) trouble: Option<String>,
    /// What is to be said of it.
    pub(super) note: Option<String>,
    /// The kinds of result of which tips are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) results: Option<Vec<Kind>>,
    /// Items or tips, each an object.
    pub(super) taken: Vec<Value>,
    pub(super) fields: Vec<Fared>,
    /// Items left out for want of a required field.
    pub(super) dropped: usize,
    /// The links that would be recorded, where all of them are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) links: Option<Vec<Link>>,
    pub(super) follows: Vec<Follows>,
    pub(super) leaves: Vec<Leaves>,
}

/// How a field fared.
#[derive(Debug, Serialize)]
pub(super) struct Fared {
    pub(super) field: String,
    pub(super) missing: usize,
    pub(super) unread: usize,
    pub(super) sample: Option<String>,
}

/// A URL that would be asked.
#[derive(Debug, Serialize)]
pub(super) struct Follows {
    pub(super) url: String,
    /// `next`, `detail` or `link`; `check` for its status alone.
    pub(super) what: &'static str,
}

/// A URL that would not.
#[derive(Debug, Serialize)]
pub(super) struct Leaves {
    pub(super) url: String,
    pub(super) why: String,
}

impl Sight {
    /// Looks at a page as the job does; `detail`: at one of an item.
    pub(super) fn of(job: &Job, paper: &Paper, detail: bool) -> Self {
        let header = |name: &str| {
            let found = paper.headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        let mut sight = Self {
            job: job.name.clone(),
            kind: match job.extractor {
                Extractor::Links => "links",
                Extractor::Tips(_) => "tips",
                Extractor::Items(_) => "items",
            },
            url: paper.url.as_str().to_owned(),
            status: paper.status,
            content_type: header("content-type"),
            bytes: paper.body.len(),
            trouble: paper.trouble.clone(),
            ..Self::default()
        };
        match paper.status {
            Some(status @ 300..=399) => {
                let target = header("location").and_then(|to| paper.url.join(&to).ok());
                let to = target.map_or("nowhere".to_owned(), |to| to.as_str().to_owned());
                sight.trouble = Some(format!("status {status}: it redirects to {to}; try that"));
            }
            Some(status) if !(200..=299).contains(&status) => {
                sight.trouble = Some(format!("status {status}"));
            }
            _ => {}
        }
        if sight.trouble.is_none() {
            sight.look(job, paper, detail);
        }
        sight
    }

    /// Has nothing been read?
    pub(super) fn failed(&self) -> bool {
        self.trouble.is_some()
    }

    fn look(&mut self, job: &Job, paper: &Paper, detail: bool) {
        match &job.extractor {
            Extractor::Links => self.links(job, paper),
            Extractor::Tips(reader) => match tips::read(job, reader, paper) {
                Ok((kinds, taken)) => (self.results, self.taken) = (Some(kinds), taken),
                Err(error) => self.trouble = Some(error.to_string()),
            },
            Extractor::Items(rules) => self.items(job, rules, paper, detail),
        }
    }

    fn items(&mut self, job: &Job, rules: &Listing, paper: &Paper, detail: bool) {
        let declared = self.content_type.clone();
        if detail {
            return self.own_page(rules, paper);
        }
        let reader = &rules.reader;
        let reading = match reader.read_bytes(&paper.url, declared.as_deref(), &paper.body) {
            Ok(reading) => reading,
            Err(refusal) => {
                self.trouble = Some(refusal.to_string());
                return;
            }
        };
        let cut = reading.cut.map(|cut| format!("cut: {cut}"));
        let mut notes: Vec<String> =
            cut.into_iter().chain(listing::broken(reading.broken)).collect();
        self.dropped = reading.dropped;
        self.fields = reading.tallies.iter().map(fared).collect();
        self.taken = reading
            .items
            .iter()
            .map(|item| item.fields.iter().cloned().collect::<Map<_, _>>().into())
            .collect();
        let row = row(&paper.url, rules);
        let outcome = listing::outcome(job, rules, &row, reading);
        self.sort(outcome.found);
        notes.extend(outcome.end.map(str::to_owned));
        self.note = Some(notes.join("; ")).filter(|note| !note.is_empty());
    }

    /// An item's own page.
    fn own_page(&mut self, rules: &Listing, paper: &Paper) {
        let Some(reader) = rules.detail() else {
            self.trouble = Some("the job takes nothing from the items' own pages".to_owned());
            return;
        };
        let declared = self.content_type.as_deref();
        let page = match reader.read_bytes(&paper.url, declared, &paper.body) {
            Ok(page) => page,
            Err(refusal) => {
                self.trouble = Some(refusal.to_string());
                return;
            }
        };
        self.dropped = usize::from(page.dropped);
        self.fields = page.tallies.iter().map(fared).collect();
        if !page.dropped {
            self.taken = vec![page.fields.into_iter().collect::<Map<_, _>>().into()];
        }
        let cut = page.cut.map(|cut| format!("cut: {cut}"));
        self.note = cut.or_else(|| listing::broken(page.broken));
    }

    pub(super) fn sort(&mut self, found: Vec<NewUrl>) {
        for NewUrl { url, excluded, task, kind, .. } in found {
            let next = self.kind == "items" && kind == crate::domain::link::LinkKind::Next;
            match excluded {
                Some((reason, why)) => {
                    self.leaves.push(Leaves { url, why: format!("{reason}: {why}") });
                }
                None if task == Task::Detail => self.follows.push(Follows { url, what: "detail" }),
                None if task == Task::Check => self.follows.push(Follows { url, what: "check" }),
                None if next => self.follows.push(Follows { url, what: "next" }),
                None => self.follows.push(Follows { url, what: "link" }),
            }
        }
    }
}

fn fared(tally: &FieldTally) -> Fared {
    let FieldTally { field, missing, unread, sample } = tally.clone();
    Fared { field, missing, unread, sample }
}

/// The page as the job would have it in its queue.
fn row(url: &CanonicalUrl, rules: &Listing) -> QueuedUrl {
    let made = |start: &CanonicalUrl, page: i32| {
        rules.page_url.as_ref().and_then(|template| template.url(Some(start), page))
    };
    let is_this =
        |page: &i32| rules.starts.iter().any(|start| made(start, *page).as_ref() == Some(url));
    let number = if rules.starts.contains(url) { 1 } else { (2..PAGES).find(is_this).unwrap_or(1) };
    QueuedUrl {
        id: 0,
        job: JobId(0),
        host: url.host_key(),
        key: url.key(),
        url: url.as_str().to_owned(),
        role: Role::Page,
        task: Task::Main,
        depth: number - 1,
        hops: 0,
        tries: 0,
        due_at: 0,
        validators: None,
        query: None,
    }
}
