//! `crawld demo`: the demo site, and commands run against it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process, thread};

use super::error::CommandError;
use super::text;
use crate::demo::Site;

/// Options of `crawld demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only open the site, until Ctrl-C, to try commands on it from another terminal
    #[arg(long)]
    serve: bool,
    /// Open it on this port of 127.0.0.1; 0: any free one [default: 7800 with --serve, else 0]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
}

/// The commands that are shown, `SITE` being the address of the site.
const TOUR: [&[&str]; 4] = [
    &["crawl", "http://SITE/docs/", "--delay", "20ms", "--max-tries", "3"],
    &["explain", "http://SITE/docs/private/"],
    &["fetch", "--sitemap", "http://SITE/sitemap.xml", "--job", "list", "--delay", "5ms"],
    &[
        "suggest",
        "http://SITE/complete?q={query}",
        "--tips",
        "$[*]",
        "--strategy",
        "adaptive",
        "--delay",
        "1ms",
    ],
];

/// Opens the site, and runs the commands of the tour or waits to be ended.
///
/// # Errors
/// When the port cannot be had or a command cannot be started.
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
    let folder = Folder::new()?;
    for words in TOUR {
        show(words, &site.address().to_string(), &folder.0, out)?;
    }
    writeln!(out, "\nTo try commands of your own on it: crawld demo --serve")?;
    Ok(0)
}

/// Runs one command of the tour as a user would.
fn show(words: &[&str], site: &str, folder: &Path, out: &mut dyn Write) -> std::io::Result<()> {
    let words: Vec<String> = words.iter().map(|word| word.replace("SITE", site)).collect();
    let typed: Vec<String> = words.iter().map(|word| text::shell(word)).collect();
    writeln!(out, "\n$ crawld {}", typed.join(" "))?;
    out.flush()?;
    let status = Command::new(env::current_exe()?).args(&words).current_dir(folder).status()?;
    if !status.success() {
        writeln!(out, "({status})")?;
    }
    Ok(())
}

/// A folder of its own for the store, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let path = env::temp_dir().join(format!("crawld-demo-{}", process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What the system leaves in its folder for such files it clears itself.
        drop(fs::remove_dir_all(&self.0));
    }
}
