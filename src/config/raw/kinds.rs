//! The kinds of job: which keys are whose, and what they make of the job.
//!
//! A new kind is a struct of its keys in a file of its own, with [`Kind`], and a line in [`KINDS`].

use serde::Deserialize;

use super::crawl::Crawl;
use super::faults::Faults;
use super::fetch::Fetch;
use super::scrape::Scrape;
use super::section::{Section, keys_of};
use super::suggest::Suggest;
use super::unfit::none_of;
use crate::domain::job::JobSpec;

/// The keys of a kind that no other job has. All may be left out here: what a job cannot do without
/// is decided where it is made (`Job::new`).
pub(super) trait Kind: Default + for<'de> Deserialize<'de> {
    /// Its name.
    const NAME: &'static str;

    /// Puts what is given into the specification. Faults begin with the key: `max_depth: ...`.
    fn apply(self, job: &mut JobSpec, faults: &mut Faults);
}

struct Entry {
    name: &'static str,
    keys: fn() -> &'static [&'static str],
    apply: fn(&mut Section, &mut JobSpec, &mut Faults),
}

const KINDS: [Entry; 4] =
    [entry::<Crawl>(), entry::<Suggest>(), entry::<Fetch>(), entry::<Scrape>()];

const fn entry<K: Kind>() -> Entry {
    Entry {
        name: K::NAME,
        keys: keys_of::<K>,
        apply: |section, job, faults| section.take::<K>(faults).apply(job, faults),
    }
}

/// Reads the keys of the kind that the job has. Keys of other kinds are faults. Says whether the kind
/// is known.
pub(super) fn apply(section: &mut Section, job: &mut JobSpec, faults: &mut Faults) -> bool {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == job.kind) else {
        faults.push("kind", none_of(&job.kind, &KINDS.map(|kind| kind.name)));
        return false;
    };
    (kind.apply)(section, job, faults);
    for other in KINDS.iter().filter(|other| other.name != kind.name) {
        for key in (other.keys)().iter().filter(|key| section.drop_key(key)) {
            faults.push(key, format_args!("is for kind = \"{}\"", other.name));
        }
    }
    true
}
