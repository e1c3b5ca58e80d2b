//! The frontier in memory: leased hosts, their due URLs and their pace. Pure: time is an argument.
//!
//! # The life of a URL
//!
//! A URL enters the store *queued*: its row has a `due_at`. The window leases hosts, reads the due
//! rows of each in small batches and hands them out one by one as the host's pace allows. While it
//! is asked the row is untouched: a death in between leaves it queued. Its outcome is settled in
//! one transaction with all that was found on it, and only that clears `due_at`. So each URL is in
//! exactly one place at any moment: queued in the store and perhaps also held by the window
//! (batched, in flight, answered but not committed), or settled.

pub mod answer;
mod check;
mod crowd;
pub mod discover;
pub mod gathered;
pub mod harvests;
pub mod host;
pub mod known;
mod left_ways;
pub mod listing;
mod places;
mod queue;
pub mod record;
pub mod robots_gate;
pub mod sitemaps;
mod turns;
pub mod validators;
pub mod verdict;
pub mod waits;
pub mod window;
