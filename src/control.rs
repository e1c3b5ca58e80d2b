//! The control interface: a small versioned JSON API over HTTP, on a unix socket and, if it is
//! wanted, on a TCP port of this machine for those who know a token.
//!
//! ```text
//! GET    /healthz                   the process answers, also while it waits for its store
//! GET    /readyz                    the daemon, its actors and its store answer; 503: why not
//! GET    /metrics                   Prometheus
//! GET    /v1/status                 all of it (daemon::view::StatusView); ?jobs=false: without jobs
//! GET    /v1/jobs  /v1/jobs/NAME    JobView
//! POST   /v1/jobs/NAME/pause        ... /resume /stop /start
//! POST   /v1/jobs/NAME/retry        {"status": ["5xx"], "host": "...", "reason": "...", "since": ms}
//! DELETE /v1/jobs/NAME              forgets a job that is no longer configured
//! GET    /v1/hosts/HOST             what is known of a host
//! GET    /v1/explain?url=URL        why a URL is asked or not, as text; &job=NAME
//! GET    /v1/report                what came of the jobs, as text; &job=NAME, &json=true
//! GET    /v1/config                 the configuration in force, secrets masked, as TOML
//! POST   /v1/judge                  [["NAME", specification], ...]: why a reload would refuse them
//! POST   /v1/reload                 reads the configuration again; 422: invalid, 409: refused
//! PUT    /v1/log                    {"filter": "crawld=debug"}
//! POST   /v1/shutdown               as SIGTERM
//! ```
//!
//! What is refused is told as `{"error": "..."}` with a status that says whose fault it is.

mod answers;
pub mod client;
mod routes;
pub mod server;

pub use answers::{Failure, ReloadSaid, Said};
pub use server::{Awaited, Back, Control, Doors, Views};
