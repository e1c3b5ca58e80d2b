//! `crawld demo`: the demo site, and every kind of job run against it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, thread};

use super::error::CommandError;
use super::text::shell;
use crate::demo::Site;

/// Rows of a table that are shown.
const ROWS: usize = 4;
/// Characters of a row that are shown.
const WIDE: usize = 110;

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
            "2",
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
    let Some(kept) = &args.keep else {
        let folder = tempfile::Builder::new().prefix("crawld-demo-").tempdir()?;
        tour(&site, folder.path(), out)?;
        writeln!(out, "\nTo try these and others on the site: crawld demo --serve")?;
        return Ok(0);
    };
    let folder = empty(kept)?;
    tour(&site, &folder, out)?;
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

fn tour(site: &Site, folder: &Path, out: &mut dyn Write) -> Result<(), CommandError> {
    let address = site.address().to_string();
    for step in &TOUR {
        writeln!(out, "\n{}:", step.title)?;
        let words: Vec<String> =
            step.command.iter().map(|word| word.replace("SITE", &address)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        say(&words, out)?;
        // Progress is on stderr; the report would push away what was found.
        let status = crawld(&words, folder)?.stdout(Stdio::null()).status()?;
        if !status.success() {
            let message = format!("crawld {} ended with {status}", words.join(" "));
            return Err(CommandError { exit: 1, message });
        }
        found(step.export, folder, out)?;
    }
    Ok(())
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
