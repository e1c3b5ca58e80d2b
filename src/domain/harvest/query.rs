//! What is told to the harvest and what it answers: queries to ask, and facts about those asked.

use std::collections::HashSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::rule::End;

/// Why a query is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// For its tips.
    Tips,
    /// To see what the endpoint shows for a text that nothing can match.
    Nothing,
    /// To see whether it shows the same as this query, which differs from it in case alone.
    Case(String),
    /// As a proof that nothing was lost by not asking it: all that it shows was shown by this
    /// query, with which it begins or ends, as the end tells.
    Proof(String, End),
}

/// A query to be stored and asked. A text that the store already has is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The letters, without the texts around them: the query's key.
    pub text: String,
    /// Smaller is asked sooner; among equals the older.
    pub priority: i32,
    /// Why it is asked.
    pub purpose: Purpose,
}

/// A tip as the harvest sees it. Only kinds of result that decide what is asked are shown to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its text.
    pub text: String,
    /// How many other queries of this pass had shown it before.
    pub before: u64,
}

/// An answer to a query: the tips in their order and how many the server gave of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The query's key.
    pub text: String,
    /// Why it was asked.
    pub purpose: Purpose,
    /// Tips, by kind, then by rank.
    pub tips: Vec<Shown>,
    /// How many of each kind, always as many kinds.
    pub counts: Vec<usize>,
}

/// What is stored of a query that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its key.
    pub text: String,
    /// How many tips it showed of each kind; all 0 when it showed what nothing looks like.
    pub counts: Vec<usize>,
    /// Its last tip.
    pub last: Option<String>,
    /// Under which generation of rules those that follow from it were offered; 0: not yet.
    pub generation: u32,
}

impl Fact {
    /// Did it show any tip?
    #[must_use]
    pub fn shows(&self) -> bool {
        self.counts.iter().any(|count| *count > 0)
    }
}

/// What the store knows, looked up by key within the transaction that stores what comes of it, so
/// that of two answers in one transaction the second sees the first.
pub trait Facts {
    /// Why a look-up failed.
    type Error;

    /// The facts of those of the texts that were answered; at most twice as many texts as letters, or
    /// some hundred.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn answered(&mut self, texts: &[String]) -> Result<Vec<Fact>, Self::Error>;

    /// The texts of the tips that an answered query showed, of the kinds that decide.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn tips_of(&mut self, text: &str) -> Result<Vec<String>, Self::Error>;

    /// Up to `limit` facts that show tips, have fewer letters than `below` and are of a generation
    /// before this one: the shortest first, then in the order in which they were offered.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn stale(
        &mut self,
        generation: u32,
        below: usize,
        limit: usize,
    ) -> Result<Vec<Fact>, Self::Error>;

    /// Up to `limit` queries asked for their tips that the server answered with a failure, for good,
    /// with so many letters, which were not looked at in this generation: the shortest first.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn failed(
        &mut self,
        generation: u32,
        lengths: Range<usize>,
        limit: usize,
    ) -> Result<Failed, Self::Error>;

    /// Those of the texts that failed like that.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn failed_of(&mut self, texts: &[String]) -> Result<HashSet<String>, Self::Error>;
}

/// Queries that failed for good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failed {
    /// How many there are in all.
    pub all: u64,
    /// Those wanted.
    pub texts: Vec<String>,
}

/// What follows from an answer; stored in the transaction that settles its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The query's fact.
    pub fact: Fact,
    /// It showed what the endpoint shows for nothing: its tips are not stored.
    pub nothing: bool,
    /// Queries to store.
    pub offers: Vec<Offer>,
    /// Texts with a new priority, for those of them that are queued with a larger one. Empty unless
    /// the best come first.
    pub raised: Vec<(String, i32)>,
    /// What the operator should know.
    pub warning: Option<super::Warning>,
}

/// Queries made when there is room for them; stored in one transaction with the record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refill {
    /// Queries to store.
    pub offers: Vec<Offer>,
    /// Facts that are of the current generation now.
    pub renewed: Vec<String>,
    /// Failed queries that were looked at in the current generation.
    pub bridged: Vec<String>,
    /// What is to be done next.
    pub next: Next,
    /// What the operator should know.
    pub warning: Option<super::Warning>,
}

/// What comes after a refill.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Next {
    /// More can be made at once, room permitting.
    #[default]
    More,
    /// More can be made when nothing is queued or in flight.
    Wait,
    /// Nothing more will come: the harvest is complete.
    Done,
}
