//! The actors: mailboxes, timers and wiring; what they decide is in the pure layers below.
//!
//! ```text
//! Supervisor             starts the others by factories, restarts the dead, ends the run
//!   SchedulerActor       owns the window; the only one that knows all addresses
//!   GeneratorActor (job) the job's first requests, from a cursor
//!   FetchActor (slot)    one request at a time: transport, extraction, discovery
//!   DbActor              owns the store's connections; one call at a time
//! ```
//!
//! A panic drops the actor; its [`contain::Notice`] tells the Supervisor, which builds a fresh one.
//! If the Scheduler dies, the fetchers are dropped too and a new window is claimed.

pub mod contain;
pub mod db;
pub mod fetcher;
pub mod generator;
pub mod messages;
pub mod restart;
pub mod scheduler;
pub mod supervisor;
pub mod way_back;
