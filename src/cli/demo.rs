//! `crawld demo`: the demo site, and every kind of job run against it.

use std::io::{self, Write};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;
use std::{env, fs, thread};

use rustix::process::{Pid, Signal, kill_process};

use super::error::CommandError;
use super::text::shell;
use crate::demo::Site;
use crate::signals;

/// Rows of a table that are shown.
const ROWS: usize = 4;
/// Characters of a row that are shown.
const WIDE: usize = 110;
/// How often it is looked whether a command has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Options of `crawld demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only open the site, until Ctrl-C, to try commands on it from another terminal
    #[arg(long)]
    serve: bool,
    /// Keep the store in this folder, to look at with other commands; without it everything is
    /// gone at the end
    #[arg(long, value_name = "DIR", conflicts_with = "serve")]
    keep: Option<PathBuf>,
    /// Open it on this port of 127.0.0.1; 0: any free one [default: 7800 with --serve, else 0]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
}

/// A job that is shown.
struct Step {
    /// What it does.
    title: &'static str,
    /// Its command, `SITE` being the address of the site.
    command: &'static [&'static str],
    /// The table that shows what it found.
    export: &'static [&'static str],
}

const TOUR: [Step; 4] = [
    Step {
        title: "crawl follows the links of a site. Here some of its pages are bad",
        command: &[
            "crawl",
            "http://SITE/docs/",
            "--scope",
            "prefix",
            "--delay",
            "10ms",
            "--max-tries",
            "3",
            "--job",
            "demo-crawl",
        ],
        export: &["--what", "failures", "--job", "demo-crawl"],
    },
    Step {
        title: "suggest harvests what a search box completes, asking only what can show more",
        command: &[
            "suggest",
            "http://SITE/suggest",
            "--form",
            "q={query}",
            "--form",
            "limit=50",
            "--header",
            "X-Requested-With: XMLHttpRequest",
            "--tips",
            "query=$.query[*]",
            "--tips",
            "products=$.products[*]",
            "--field",
            "products.name=$.name",
            "--field",
            "products.price=$.price",
            "--strip-tags",
            "--strategy",
            "adaptive",
            "--max-length",
            "3",
            "--delay",
            "1ms",
            "--job",
            "demo-suggest",
        ],
        export: &["--what", "suggestions", "--job", "demo-suggest"],
    },
    Step {
        title: "fetch asks for a list of URLs, here a sitemap, and records the links of each page",
        command: &[
            "fetch",
            "--sitemap",
            "http://SITE/sitemap.xml",
            "--delay",
            "10ms",
            "--job",
            "demo-fetch",
        ],
        export: &["--what", "links", "--job", "demo-fetch"],
    },
    Step {
        title: "scrape takes the items of a list, page by page",
        command: &[
            "scrape",
            "http://SITE/shop/",
            "--item",
            "article.product",
            "--field",
            "name=h2",
            "--field",
            "url=h2 a@href",
            "--field",
            "price:number=.price",
            "--next",
            "a.next",
            "--max-pages",
            "3",
            "--delay",
            "10ms",
            "--job",
            "demo-scrape",
        ],
        export: &["--what", "items", "--job", "demo-scrape"],
    },
];

/// Opens the site, and runs the jobs of the tour or waits to be ended.
///
/// # Errors
/// When the port cannot be had or a command cannot be started; 2 when the folder to be kept holds a
/// store already.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<u8, CommandError> {
    let port = args.port.unwrap_or(if args.serve { 7800 } else { 0 });
    let site = Site::start(port).map_err(|error| CommandError {
        exit: 1,
        message: format!("port {port} of 127.0.0.1: {error}; --port 0 takes any free one"),
    })?;
    writeln!(out, "The demo site is open at {}", site.url("/"))?;
    out.flush()?;
    if args.serve {
        // A signal ends the process: there is nothing to lose.
        loop {
            thread::park();
        }
    }
    let ends = signals::every_end()?;
    let Some(kept) = &args.keep else {
        let folder = tempfile::Builder::new().prefix("crawld-demo-").tempdir()?;
        if let Some(signal) = tour(&site, folder.path(), &ends, out)? {
            return Ok(ended_by(signal));
        }
        writeln!(out, "\nTo try these and others on the site: crawld demo --serve")?;
        return Ok(0);
    };
    let folder = empty(kept)?;
    if let Some(signal) = tour(&site, &folder, &ends, out)? {
        return Ok(ended_by(signal));
    }
    writeln!(
        out,
        "\nAll of it is kept; begin with: cd {} && crawld status",
        shell(&kept.to_string_lossy())
    )?;
    Ok(0)
}

/// The folder to be kept, made if need be. The site has another address each time, so a store of an
/// earlier demo is of no use to a new one.
fn empty(folder: &Path) -> Result<PathBuf, CommandError> {
    let failed = |why: String| CommandError::usage(format!("--keep {}: {why}", folder.display()));
    fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    if folder.join("crawld.db").exists() {
        return Err(failed("it holds a store already; name another folder".to_owned()));
    }
    folder.canonicalize().map_err(|error| failed(error.to_string()))
}

fn ended_by(signal: i32) -> u8 {
    128 + u8::try_from(signal).unwrap_or(0)
}

/// Runs the jobs one after the other. A signal ends the one that runs, in order, and the tour: it is
/// given back.
fn tour(
    site: &Site,
    folder: &Path,
    ends: &Receiver<i32>,
    out: &mut dyn Write,
) -> Result<Option<i32>, CommandError> {
    let address = site.address().to_string();
    for step in &TOUR {
        writeln!(out, "\n{}:", step.title)?;
        let words: Vec<String> =
            step.command.iter().map(|word| word.replace("SITE", &address)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        say(&words, out)?;
        let before = site.requests();
        // Progress is on stderr; the report would push away what was found.
        let mut command = crawld(&words, folder)?;
        // In a group of its own it hears of Ctrl-C from here alone: twice would end it at once.
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0).spawn()?;
        let (status, signal) = wait(child, ends)?;
        if signal.is_some() {
            return Ok(signal);
        }
        if !status.success() {
            let message = format!("crawld {} ended with {status}", words.join(" "));
            return Err(CommandError { exit: 1, message });
        }
        writeln!(out, "The site was asked {} times.", site.requests() - before)?;
        found(step.export, folder, out)?;
        if let Ok(signal) = ends.try_recv() {
            return Ok(Some(signal));
        }
    }
    Ok(None)
}

/// Waits for the end of a command. A signal is passed on, SIGHUP as SIGTERM, so that it ends in
/// order; each one, so that a second one ends it at once. The first is given back.
fn wait(mut child: Child, ends: &Receiver<i32>) -> io::Result<(ExitStatus, Option<i32>)> {
    let mut first = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, first));
        }
        if let Ok(signal) = ends.recv_timeout(LOOK) {
            first = first.or(Some(signal));
            let pass_on = if signal == Signal::INT.as_raw() { Signal::INT } else { Signal::TERM };
            // It has not been waited for, so the number is still its own.
            kill_process(Pid::from_child(&child), pass_on)?;
        }
    }
}

/// Shows the first rows of what a job found.
fn found(table: &[&str], folder: &Path, out: &mut dyn Write) -> io::Result<()> {
    let words = [&["export", "--format", "tsv"], table].concat();
    say(&words, out)?;
    let output = crawld(&words, folder)?.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    for line in text.lines().take(ROWS + 1) {
        let line: String = line.replace('\t', "  ").chars().take(WIDE).collect();
        writeln!(out, "  {line}")?;
    }
    let more = text.lines().count().saturating_sub(ROWS + 1);
    if more > 0 {
        writeln!(out, "  and {more} more")?;
    }
    out.flush()
}

/// The command as it is typed.
fn say(words: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let words: Vec<String> = words.iter().map(|word| shell(word)).collect();
    writeln!(out, "$ crawld {}", words.join(" "))?;
    out.flush()
}

/// This program with these words, in that folder; the environment's settings are for other jobs.
fn crawld(words: &[&str], folder: &Path) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    let settings = env::vars_os().map(|(name, _)| name);
    for name in settings.filter(|name| name.to_string_lossy().starts_with("CRAWLD__")) {
        command.env_remove(name);
    }
    command.args(words).current_dir(folder);
    Ok(command)
}
