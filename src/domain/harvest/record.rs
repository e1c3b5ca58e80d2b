//! What a harvest remembers besides the facts about its queries: stored with them, of bounded size.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::combinations::Cursor;
use super::coverage::{self, Sightings};
use super::echo::Echo;
use super::evidence::{Caps, Order, Places};
use super::rule::Rule;

/// Most letters that an alphabet grows to by learning.
pub(super) const MOST_LEARNED: usize = 512;
/// Most tips of an answer to nothing that are remembered.
const MOST_DEFAULTS: usize = 64;

/// Most queries remembered that no URL can hold.
pub(super) const MOST_UNHELD: usize = 8;

/// How far the beginning of a harvest is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    /// Nothing was offered.
    #[default]
    Start,
    /// The text that nothing can match was.
    Nothing,
    /// All combinations of the shortest lengths are.
    Walk,
    /// Texts were that differ in case alone.
    Case,
    /// The endpoint is known: what follows from facts is offered.
    Tree,
}

/// The record of a harvest. Begins as `Record::default()`; stored as JSON in the transaction of
/// every call that changed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    pub(super) stage: Stage,
    /// The alphabet as it is now.
    pub(super) letters: String,
    /// Letters seen in tips that wait to join it.
    pub(super) learned: String,
    /// Up to this length all combinations are offered.
    pub(super) walk_to: usize,
    pub(super) cursor: Cursor,
    /// Hashes of the tips shown for nothing, sorted.
    pub(super) defaults: Vec<u64>,
    /// Does the endpoint show queries themselves?
    pub(super) echo: Echo,
    /// Pairs of queries that differ in case alone: the same tips, others.
    pub(super) case: (u32, u32),
    pub(super) rule: Option<Rule>,
    /// A proof failed: the rule never gets stronger again.
    pub(super) weakened: bool,
    pub(super) caps: Caps,
    pub(super) places: Places,
    pub(super) order: Order,
    /// Is what follows a sorted answer left out as far as the answer reaches?
    pub(super) skipping: bool,
    /// Changes with each rule; facts of an earlier one are looked at again.
    pub(super) generation: u32,
    pub(super) swept: u32,
    pub(super) answered: u64,
    /// Answers that were not full and not of the longest length: so often something was left out.
    pub(super) pruned: u64,
    /// Proofs asked that were drawn among all that is left out.
    pub(super) samples: u64,
    /// Proofs asked of which one end was full and the other was not.
    pub(super) edges: u64,
    /// Proofs asked because a tip should have been shown.
    pub(super) suspicions: u64,
    pub(super) failed_proofs: u64,
    /// Queries offered because others failed.
    pub(super) bridged: u64,
    pub(super) sightings: Sightings,
    /// Queries that no URL can hold.
    pub(super) unheld: Vec<String>,
}

/// What the operator should know while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A query that should have shown nothing new did.
    Loss {
        /// The query.
        query: String,
        /// Whose answer should have held all of its tips.
        parent: String,
        /// A tip that it did not.
        tip: String,
        /// The rule that is followed from here on.
        rule: Rule,
    },
    /// Most tips do not hold their query.
    NoMatcher {
        /// How many do not.
        absent: u64,
        /// Of how many.
        tips: u64,
    },
    /// So many queries failed that what may follow from them is not asked.
    Failures(u64),
    /// No URL can hold this query.
    NoUrl(String),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loss { query, parent, tip, rule } => {
                let rest = match rule {
                    Rule::Every => "every combination is asked from here on",
                    _ => "fewer queries are left out from here on",
                };
                write!(f, "{query:?} showed {tip:?}, which {parent:?} did not: {rest}")
            }
            Self::NoMatcher { absent, tips } => write!(
                f,
                "{absent} of {tips} tips do not hold their query, so no query can be left out: \
                 every combination is asked"
            ),
            Self::Failures(failed) => write!(
                f,
                "{failed} queries failed, so many that not all that may follow from them is asked: \
                 try them again"
            ),
            Self::NoUrl(query) => write!(
                f,
                "{query:?} is not asked: in the path of a URL it would mean another place"
            ),
        }
    }
}

impl Record {
    /// How many queries were answered.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// The rule in force; `None` while the endpoint is being found out.
    #[must_use]
    pub fn rule(&self) -> Option<Rule> {
        self.rule
    }

    /// The endpoint's cap by kind of result, and how many queries of the longest length were full.
    #[must_use]
    pub fn caps(&self) -> &Caps {
        &self.caps
    }

    /// Answers that showed all there was, so that nothing was asked that they make needless.
    #[must_use]
    pub fn pruned(&self) -> u64 {
        self.pruned
    }

    /// Queries asked as proofs, and those of them that failed.
    #[must_use]
    pub fn proofs(&self) -> (u64, u64) {
        (self.samples + self.edges + self.suspicions, self.failed_proofs)
    }

    /// How many different tips were seen, and how often.
    #[must_use]
    pub fn sightings(&self) -> &Sightings {
        &self.sightings
    }

    /// The share found of the tips that match any letter of the alphabet, 0 to 1, estimated;
    /// `complete`: the harvest is done. `None` when nothing was found.
    #[must_use]
    pub fn coverage(&self, complete: bool) -> Option<f64> {
        coverage::estimate(&self.sightings, &self.caps, complete)
    }

    /// The alphabet as it is now, learned letters included.
    #[must_use]
    pub fn letters(&self) -> &str {
        &self.letters
    }

    /// Do facts of an earlier generation wait? Where every combination is asked, nothing more
    /// follows from them.
    pub(super) fn is_behind(&self) -> bool {
        let follows = self.rule.is_some_and(|rule| rule != Rule::Every);
        self.stage == Stage::Tree && follows && self.swept < self.generation
    }

    /// The generation of the rules: what a refill renewed is of it.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Are siblings left out that a sorted answer covers?
    #[must_use]
    pub fn is_skipping(&self) -> bool {
        self.skipping
    }

    /// Does the endpoint show any query itself as a tip?
    #[must_use]
    pub fn echoes(&self) -> bool {
        self.echo.known
    }

    /// Does the endpoint take upper and lower case for the same?
    #[must_use]
    pub fn folds(&self) -> bool {
        self.case.0 > 0 && self.case.1 == 0
    }

    /// Remembers what is shown for nothing.
    pub(super) fn set_defaults<'a>(&mut self, tips: impl Iterator<Item = &'a str>) {
        let hashes: HashSet<u64> = tips.map(hash).take(MOST_DEFAULTS).collect();
        self.defaults = hashes.into_iter().collect();
        self.defaults.sort_unstable();
    }

    /// Is this exactly what is shown for nothing?
    pub(super) fn are_defaults<'a>(&self, tips: impl Iterator<Item = &'a str>) -> bool {
        if self.defaults.is_empty() {
            return false;
        }
        let hashes: HashSet<u64> = tips.map(hash).collect();
        hashes.len() == self.defaults.len()
            && self.defaults.iter().all(|default| hashes.contains(default))
    }
}

fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}
