//! The daemon as its manager sees it: started, told of how it stands, spoken to.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crawld::clock::Clock;
use crawld::control::client::{Answer, Client};
use serde_json::Value;

use crate::common::run::{Crawld, Finished, Running};

/// What does not come by then never comes.
const DEADLINE: i64 = 60_000;
/// How long one look for news from the daemon may take.
const LOOK: Duration = Duration::from_millis(20);

/// A running daemon, in a folder of its own, with somebody who listens to its notices.
pub(crate) struct Service {
    pub(crate) crawld: Crawld,
    pub(crate) running: Running,
    notices: UnixDatagram,
}

/// A folder with a configuration in which a daemon can be started.
pub(crate) fn folder(text: &str) -> Crawld {
    let crawld = Crawld::new();
    crawld.write("crawld.toml", text);
    let socket = crawld.path().join("notify");
    crawld.env("NOTIFY_SOCKET", socket.to_str().unwrap())
}

impl Service {
    /// Starts a daemon with this configuration, and waits until it says that it is ready.
    pub(crate) fn start(text: &str) -> Self {
        Self::start_in(folder(text))
    }

    /// Starts one in a folder.
    pub(crate) fn start_in(crawld: Crawld) -> Self {
        let service = Self::begin(crawld);
        service.told("READY=1");
        service
    }

    /// Starts one and does not wait.
    pub(crate) fn begin(crawld: Crawld) -> Self {
        let path = crawld.path().join("notify");
        drop(std::fs::remove_file(&path));
        let notices = UnixDatagram::bind(path).unwrap();
        notices.set_read_timeout(Some(LOOK)).unwrap();
        let running = crawld.spawn(&["run", "--config", "crawld.toml"]);
        Self { crawld, running, notices }
    }

    /// Replaces the configuration.
    pub(crate) fn configure(&self, text: &str) {
        self.crawld.write("crawld.toml", text);
    }

    /// `crawld COMMAND --config crawld.toml`, which must end with this code.
    pub(crate) fn crawld(&self, code: i32, arguments: &[&str]) -> Finished {
        self.crawld.expect(code, &[arguments, &["--config", "crawld.toml"]].concat())
    }

    /// The next notice that has a line which begins so.
    pub(crate) fn told(&self, start: &str) -> String {
        let clock = Clock::start();
        let until = clock.now() + DEADLINE;
        let mut heard = Vec::new();
        while clock.now() < until {
            if let Some(notice) = self.notice() {
                if notice.lines().any(|line| line.starts_with(start)) {
                    return notice;
                }
                heard.push(notice);
            }
        }
        panic!("no {start} in {DEADLINE} ms: {heard:#?}");
    }

    /// The next STATUS with these words.
    pub(crate) fn status_with(&self, words: &str) -> String {
        let clock = Clock::start();
        let until = clock.now() + DEADLINE;
        let mut told = String::new();
        while clock.now() < until {
            told = self.told("STATUS=");
            if told.contains(words) {
                return told;
            }
        }
        panic!("no STATUS with {words} in {DEADLINE} ms, the last: {told}");
    }

    /// Waits for a notice that begins so. `None`: one that begins otherwise has come before it.
    pub(crate) fn told_but(&self, start: &str, other: &str) -> Option<()> {
        let clock = Clock::start();
        let until = clock.now() + DEADLINE;
        while clock.now() < until {
            match self.notice() {
                Some(notice) if notice.starts_with(start) => return Some(()),
                Some(notice) if notice.starts_with(other) => return None,
                _ => {}
            }
        }
        panic!("neither {start} nor {other}");
    }

    /// The next notice, if one comes soon.
    pub(crate) fn notice(&self) -> Option<String> {
        let mut buffer = [0; 4096];
        let size = self.notices.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..size]).into_owned())
    }

    /// Asks the daemon.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let socket = self.crawld.path().join("crawld.sock");
        let client = Client::call(&socket).unwrap().expect("the daemon listens");
        let parts: Vec<&str> = path.split('/').collect();
        client.ask(method, &parts, &[], body).unwrap()
    }

    /// What the daemon says of itself.
    pub(crate) fn status(&self) -> Value {
        let answer = self.ask("GET", "v1/status", None);
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap()
    }

    /// What it says of a job.
    pub(crate) fn job(&self, name: &str) -> Value {
        let status = self.status();
        let jobs = status["jobs"].as_array().unwrap();
        jobs.iter().find(|job| job["job"] == name).cloned().unwrap_or_default()
    }

    /// The state of a job.
    pub(crate) fn state(&self, name: &str) -> String {
        self.job(name)["state"].as_str().unwrap_or("none").to_owned()
    }

    /// Waits until a job is as it should be.
    pub(crate) fn until(&self, name: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let clock = Clock::start();
        let until = clock.now() + DEADLINE;
        loop {
            let job = self.job(name);
            if is_so(&job) {
                return job;
            }
            assert!(clock.now() < until, "job {name} is never {what}: {:#}", self.status());
            self.notice();
        }
    }

    /// Waits until a job is in this state.
    pub(crate) fn until_state(&self, name: &str, state: &str) -> Value {
        self.until(name, state, |job| job["state"] == state)
    }

    /// Has it read its configuration again; gives what it says.
    pub(crate) fn reload(&self, code: i32) -> Finished {
        self.crawld(code, &["reload"])
    }

    /// Ends it in order; the folder stays.
    pub(crate) fn end(self) -> (Crawld, Finished) {
        self.running.signal("TERM");
        let finished = self.running.finish();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        (self.crawld, finished)
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(self) -> Crawld {
        self.running.kill();
        self.crawld
    }
}
