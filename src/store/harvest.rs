//! Harvests: the state machines of jobs that ask an endpoint for suggestions, and what they stored.
//!
//! Invariant: a machine, the facts that it goes by and the queries that it offered are of one
//! transaction. A machine is kept in memory between transactions; the `seq` of its row, which every
//! one raises, tells whether it is still the one stored. If it is not, if the transaction failed,
//! or if the plan or the pass is another, it begins again from the row.

mod facts;
mod failed;
mod machine;
mod names;
mod offered;
mod offers;
mod refill;
mod replay;
mod settle;
mod tips;

use std::collections::HashMap;

use super::schema::query;
use crate::domain::harvest::{Fact, Purpose};
use crate::domain::{HostKey, JobId};
use machine::Machine;
pub use refill::Refilled;
pub(super) use settle::settle_all;

/// Machines between transactions, by job.
pub(super) type Machines = HashMap<JobId, Machine>;

/// (job, host) pairs that got rows to ask.
type Woken = Vec<(JobId, HostKey)>;

/// The generation of a fact that an earlier plan of this pass had: not one of this harvest until a
/// query of the same text is offered.
const OF_ANOTHER_PLAN: i32 = -1;

/// What a query showed, as it is stored.
#[derive(diesel::Queryable)]
struct Stored {
    text: String,
    counts: Option<String>,
    last: Option<String>,
    generation: i32,
}

/// The columns of [`Stored`].
const STORED: (query::text, query::counts, query::last, query::generation) =
    (query::text, query::counts, query::last, query::generation);

impl Stored {
    /// The fact, under the key that the machine knows it by.
    fn fact(self, text: &str) -> Fact {
        Fact {
            text: text.to_owned(),
            counts: read_counts(self.counts.as_deref()),
            last: self.last,
            generation: u32::try_from(self.generation).unwrap_or_default(),
        }
    }
}

/// Counts as they are stored: `6,0`.
fn write_counts(counts: &[usize]) -> String {
    counts.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn read_counts(text: Option<&str>) -> Vec<usize> {
    text.unwrap_or_default().split(',').filter_map(|count| count.parse().ok()).collect()
}

/// Why a query is asked, as it is stored; nothing for its tips.
fn write_purpose(purpose: &Purpose) -> Option<String> {
    (*purpose != Purpose::Tips).then(|| serde_json::to_string(purpose).ok()).flatten()
}

fn read_purpose(stored: Option<&str>) -> Purpose {
    stored.and_then(|purpose| serde_json::from_str(purpose).ok()).unwrap_or(Purpose::Tips)
}

/// A number of letters or of a generation as it is stored.
fn small(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}
