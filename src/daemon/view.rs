//! How things stand, as it is told to others: the JSON of the control interface. Fields are added,
//! never renamed.

use serde::{Deserialize, Serialize};

use crate::domain::Millis;

/// The daemon and its jobs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StatusView {
    /// crawld's version.
    pub version: String,
    /// The daemon's process.
    pub pid: u32,
    /// When it began, Unix milliseconds.
    pub started_at: Millis,
    /// When this was told.
    pub now: Millis,
    /// `running` or `ending`.
    pub state: String,
    /// What limits the speed at this moment, in one sentence.
    pub limited_by: String,
    /// URLs settled a second, over the last few seconds.
    pub pages_per_second: f64,
    /// URLs asked and settled since the start.
    pub settled: u64,
    /// Of those, failed.
    pub failed: u64,
    /// Requests in flight.
    pub in_flight: usize,
    /// Most requests in flight: what is configured, or what the open files allow.
    pub concurrency: usize,
    /// The hosts held: by what they wait for.
    pub hosts: Vec<HostsView>,
    /// Every actor's role.
    pub actors: Vec<ActorView>,
    /// Bytes that the store takes; unknown for a server.
    pub store_bytes: Option<i64>,
    /// When the configuration in force was loaded.
    pub loaded_at: Millis,
    /// The last reload, if there was one.
    pub last_reload: Option<ReloadView>,
    /// The jobs, by name.
    pub jobs: Vec<JobView>,
}

/// Hosts that wait for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostsView {
    /// For what, such as `wait for crawl-delay`.
    pub why: String,
    /// How many hosts.
    pub hosts: usize,
    /// When the first of them may be asked.
    #[serde(default)]
    pub next_at: Millis,
}

/// What a host that is held waits for at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldView {
    /// For what, such as `waits for crawl-delay`.
    pub why: String,
    /// When it may be asked.
    pub until: Millis,
}

/// Actors of one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorView {
    /// The role.
    pub name: String,
    /// How many are alive.
    pub alive: usize,
    /// How many have died and been replaced.
    pub restarts: u64,
}

/// A reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadView {
    /// When.
    pub at: Millis,
    /// `applied`, `unchanged`, `refused` or `invalid`.
    pub outcome: String,
    /// What was changed, or what was wrong.
    pub words: String,
}

/// A job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobView {
    /// Its name.
    pub job: String,
    /// `crawl`, `suggest`, `fetch` or `scrape`.
    pub kind: String,
    /// How it stands.
    pub state: String,
    /// The limit that cut its pass.
    pub limit: Option<String>,
    /// Why it stands so, where that needs saying.
    pub why: Option<String>,
    /// Number of its pass.
    pub pass: i32,
    /// URLs asked in this pass.
    pub asked: i64,
    /// Running time of this pass.
    pub running_ms: Millis,
    /// URLs asked a second, over the whole pass.
    pub pages_per_second: f64,
    /// Its URLs.
    pub urls: UrlsView,
    /// Hosts with something to ask.
    pub hosts: WaitingView,
    /// When a host that nobody asks may be asked next.
    pub next_due_at: Option<Millis>,
    /// When its next pass begins.
    pub next_run_at: Option<Millis>,
    /// How long what is queued will take at this pace.
    pub eta_ms: Option<Millis>,
}

/// URLs of a job by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlsView {
    /// All of them.
    pub known: i64,
    /// All but the queued ones.
    pub finished: i64,
    /// With a page.
    pub done: i64,
    /// That led elsewhere.
    pub redirected: i64,
    /// Without a page.
    pub failed: i64,
    /// Set aside by a rule.
    pub excluded: i64,
    /// Still to be asked.
    pub queued: i64,
}

/// Hosts with something to ask, each counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingView {
    /// Being asked.
    pub leased: i64,
    /// Resting after failures to reach them.
    pub unreachable: i64,
    /// Pausing as they wished.
    pub pausing: i64,
    /// With nothing due yet.
    pub later: i64,
    /// Ready, but nobody asks them.
    pub ready: i64,
}
