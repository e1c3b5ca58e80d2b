//! Running the real program in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use diesel::{Connection as _, PgConnection, RunQueryDsl as _};
use tempfile::TempDir;

/// A run that has not ended by then counts as hung.
const DEADLINE: Duration = Duration::from_mins(2);

/// Variables that would lead the program elsewhere.
const FOREIGN: [&str; 10] = [
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A new database on the server that `CRAWLD_TEST_POSTGRES` names.
pub(crate) fn postgres_database(name: &str) -> String {
    let server = std::env::var("CRAWLD_TEST_POSTGRES");
    assert!(server.is_ok(), "CRAWLD_TEST_POSTGRES: run scripts/test, which starts a server");
    let server = server.unwrap();
    let name = format!("{name}_{}", std::process::id());
    let mut connection = PgConnection::establish(&format!("{server}postgres")).unwrap();
    diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut connection).unwrap();
    format!("{server}{name}")
}

/// One row of an export: column -> cell.
pub(crate) type Record = BTreeMap<String, String>;

/// A working folder with the program in it, so to speak.
pub(crate) struct Crawld {
    folder: TempDir,
    environment: Vec<(String, String)>,
    /// What the shell does before it becomes the program; nothing: there is no shell.
    before: String,
}

impl Crawld {
    /// A new, empty folder.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
            before: String::new(),
        }
    }

    /// With one environment variable more.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With no more open files than this (`ulimit -n`).
    pub(crate) fn open_files(mut self, most: u32) -> Self {
        self.before = format!("{}ulimit -n {most}; ", self.before);
        self
    }

    /// With no more open files than this until it asks for more (`ulimit -S -n`).
    pub(crate) fn open_files_at_first(mut self, most: u32) -> Self {
        self.before = format!("{}ulimit -S -n {most}; ", self.before);
        self
    }

    /// With a standard error that is the journal's.
    pub(crate) fn under_the_journal(mut self) -> Self {
        let stream = "export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2); ";
        self.before += stream;
        self
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file in the folder.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Starts the program.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Running {
        Running::new(self.command(arguments).stdin(Stdio::null()).spawn().unwrap())
    }

    /// Starts the program; what is written to the pipe is its standard input, until it is dropped.
    pub(crate) fn spawn_fed(&self, arguments: &[&str]) -> (Running, ChildStdin) {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        (Running::new(child), input)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_crawld");
        let mut command = match &*self.before {
            "" => Command::new(program),
            before => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("{before}exec \"$0\" \"$@\""), program]);
                shell
            }
        };
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        self.spawn(arguments).finish()
    }

    /// Runs the program to its end, which must be this exit code.
    pub(crate) fn expect(&self, code: i32, arguments: &[&str]) -> Finished {
        let finished = self.run(arguments);
        assert_eq!(finished.code, Some(code), "crawld {arguments:?}: {finished:#?}");
        finished
    }

    /// The rows of `crawld export --what WHAT --format csv`, with further arguments.
    pub(crate) fn export(&self, what: &str, more: &[&str]) -> Vec<Record> {
        let arguments = [&["export", "--what", what, "--format", "csv"], more].concat();
        let finished = self.expect(0, &arguments);
        csv::Reader::from_reader(finished.stdout.as_bytes())
            .deserialize()
            .collect::<Result<_, _>>()
            .unwrap()
    }
}

/// How a run ended.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    /// Exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// What it wrote as data.
    pub(crate) stdout: String,
    /// What it said.
    pub(crate) stderr: String,
}

/// A running program; dropping it kills it.
pub(crate) struct Running {
    child: Child,
    streams: Receiver<(bool, String)>,
    stdout: Option<String>,
    stderr: Option<String>,
}

impl Running {
    fn new(mut child: Child) -> Self {
        let (sender, streams) = mpsc::channel();
        collect(child.stdout.take().unwrap(), true, sender.clone());
        collect(child.stderr.take().unwrap(), false, sender);
        Self { child, streams, stdout: None, stderr: None }
    }

    /// Waits for its end: both streams closed. False when it still runs after this long.
    pub(crate) fn ended_within(&mut self, at_most: Duration) -> bool {
        while self.stdout.is_none() || self.stderr.is_none() {
            match self.streams.recv_timeout(at_most) {
                Ok((true, text)) => self.stdout = Some(text),
                Ok((false, text)) => self.stderr = Some(text),
                Err(_) => return false,
            }
        }
        true
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it has held so far, in KiB; `None` when it has ended.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }

    /// Waits for its end; a run over the deadline is killed and fails the test.
    pub(crate) fn finish(mut self) -> Finished {
        let ended = self.ended_within(DEADLINE);
        if !ended {
            self.child.kill().unwrap();
            self.ended_within(DEADLINE);
        }
        let status = self.child.wait().unwrap();
        let finished = Finished {
            code: status.code(),
            signal: status.signal(),
            stdout: self.stdout.take().unwrap_or_default(),
            stderr: self.stderr.take().unwrap_or_default(),
        };
        assert!(ended, "hung for {DEADLINE:?}: {finished:#?}");
        finished
    }

    /// Ends it as a power cut would (SIGKILL).
    pub(crate) fn kill(mut self) -> Finished {
        self.child.kill().unwrap();
        self.finish()
    }

    /// Sends a signal by name (`TERM`, `INT`, `HUP`).
    pub(crate) fn signal(&self, name: &str) {
        self.signal_in_a_row(name, 1);
    }

    /// Sends it so often, one right after the other.
    pub(crate) fn signal_in_a_row(&self, name: &str, times: usize) {
        let ids = vec![self.child.id().to_string(); times];
        let status = Command::new("kill").args(["-s", name]).args(ids).status().unwrap();
        assert!(status.success(), "kill -s {name}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads a stream to its end on a thread of its own, so that a full pipe stops nobody.
fn collect(
    mut from: impl Read + Send + 'static,
    is_stdout: bool,
    to: mpsc::Sender<(bool, String)>,
) {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A stream that breaks ends like one that closes: what was read counts.
        drop(from.read_to_end(&mut bytes));
        // Nobody waits any more when the test is over.
        drop(to.send((is_stdout, String::from_utf8_lossy(&bytes).into_owned())));
    });
}
