//! The store keeps its promises on both databases.
//!
//! Needs a PostgreSQL server where databases may be created, named by `CRAWLD_TEST_POSTGRES`
//! (`postgres://user@host:port/`); `scripts/test` starts one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure ends the test"
)]

#[path = "store/ground.rs"]
mod ground;
#[path = "common/locks.rs"]
mod locks;

#[path = "store/again.rs"]
mod again;
#[path = "store/commit.rs"]
mod commit;
#[path = "store/content.rs"]
mod content;
#[path = "store/cookies.rs"]
mod cookies;
#[path = "store/deadlock.rs"]
mod deadlock;
#[path = "store/frontier.rs"]
mod frontier;
#[path = "store/harvest.rs"]
mod harvest;
#[path = "store/items.rs"]
mod items;
#[path = "store/jobs.rs"]
mod jobs;
#[path = "store/leases.rs"]
mod leases;
#[path = "store/lists.rs"]
mod lists;
#[path = "store/opening.rs"]
mod opening;
#[path = "store/passes.rs"]
mod passes;
#[path = "store/reading.rs"]
mod reading;
#[path = "store/schema.rs"]
mod schema;
#[path = "store/sitemaps.rs"]
mod sitemaps;
#[path = "common/tips/mod.rs"]
mod tips;
#[path = "store/transfer.rs"]
mod transfer;
#[path = "store/warc.rs"]
mod warc;
