//! The harvest of suggestion endpoints, against synthetic ones of which everything is known.
//!
//! The counts of requests are printed: `cargo test --test harvest -- --nocapture`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a failure ends the test, and counts are shown"
)]

mod beginnings;
mod budget;
mod echoes;
mod failures;
mod hints;
mod likeness;
mod optimum;
mod requests;
mod resume;
mod shelf;
#[path = "../common/tips/mod.rs"]
mod tips;

use tips::{chance, endpoint, words};
