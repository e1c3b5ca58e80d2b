//! crawld: an actor-based, supervised crawler that loses nothing.
//!
//! The layers, each of which uses only those below it (`tests/architecture.rs` holds this):
//!
//! ```text
//! cli, app          commands, text for people, the one place where the system is put together
//! control           the interface by which a running daemon is spoken to
//! daemon            the jobs of a configuration, kept as they are wanted; reload; how things stand
//! order             a job as it is wanted, found or made in the store; what a run is made of
//! actors            supervisor, scheduler, generator, fetcher, db: mailboxes and timers, no logic
//! store   output    diesel on SQLite and PostgreSQL; CSV, JSON lines, graphs
//! frontier  config  http    the pure window of leased hosts; typed settings; awc with its repairs
//! demo              a small site to try all kinds of job on; stands beside the rest
//! domain            canonical URL, scope, robots, politeness, outcome, job, extraction: pure
//! ```
//!
//! `domain` and `frontier` know no clock, no socket, no database and no actor: whatever time it is
//! is an argument. `store` and `http` never meet.

pub mod actors;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod daemon;
pub mod demo;
pub mod disk;
pub mod domain;
pub mod faults;
pub mod frontier;
pub mod http;
pub mod logging;
pub mod metrics;
pub mod named_file;
pub mod notify;
pub mod order;
pub mod output;
pub mod run_settings;
pub mod signals;
pub mod store;
