//! The reading commands on a real SQLite store.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod explain;
mod export;
mod figures;
mod world;
