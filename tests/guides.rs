//! Each guide can be followed: its commands run, and say what it shows.
//!
//! A block fenced as `console` holds commands (`$ ...`) and below each what it says on both streams,
//! where `...` stands for anything: alone on a line for any number of lines. All commands of a guide
//! run in one folder, one after another; `$?` is the exit code of the one before, which is 0 unless
//! the guide looks at it. A block fenced as `toml` that begins with the name of a file (`# conf.d/a.toml`)
//! is that file. What a pipe is told every ten seconds is left out. The site of the guides,
//! which `crawld demo --serve` opens, is there.
#![cfg(test)]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::mem;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::run::postgres_database;
use crawld::demo::Site;

/// Where the guides say that the demo site is.
const SITE: &str = "127.0.0.1:7800";

/// A command of a guide with what it is to say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Step {
    command: String,
    says: Vec<String>,
}

/// The commands of a guide.
fn steps(guide: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut within, mut goes_on, mut file) = (false, false, Vec::new());
    for line in guide.lines() {
        if line.starts_with("```") {
            steps.extend(writing(&mem::take(&mut file)));
            within = line == "```console";
            if line == "```toml" {
                file.push(line);
            }
        } else if !file.is_empty() {
            file.push(line);
        } else if within && goes_on {
            let command = &mut steps.last_mut().unwrap().command;
            command.push('\n');
            command.push_str(line);
            goes_on = line.ends_with('\\');
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| within) {
            steps.push(Step { command: command.to_owned(), says: Vec::new() });
            goes_on = line.ends_with('\\');
        } else if within {
            let step = steps.last_mut().expect("a block begins with a command");
            step.says.push(line.trim_end().to_owned());
        }
    }
    steps
}

/// Writes the file that a block shows, if its first line names one.
fn writing(block: &[&str]) -> Option<Step> {
    let name = block.get(1)?.strip_prefix("# ")?;
    let folder = Path::new(name).parent()?.join(".");
    if Path::new(name).extension().is_none_or(|extension| extension != "toml") {
        return None;
    }
    let text = block[1..].join("\n");
    let command = format!("mkdir -p '{}' && cat >'{name}' <<'END'\n{text}\nEND", folder.display());
    Some(Step { command, says: Vec::new() })
}

/// Is this line as the guide shows it?
fn is_like(shown: &str, said: &str) -> bool {
    let mut parts = shown.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = said.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Are these lines as the guide shows them?
fn are_like(shown: &[String], said: &[&str]) -> bool {
    match shown.split_first() {
        None => said.is_empty(),
        Some((line, more)) if line == "..." => {
            (0..=said.len()).any(|skipped| are_like(more, &said[skipped..]))
        }
        Some((line, more)) => {
            said.first().is_some_and(|said| is_like(line, said)) && are_like(more, &said[1..])
        }
    }
}

/// Runs a command as a reader would; gives what it said on both streams and its exit code.
fn follow(folder: &Path, command: &str, last: i32) -> (String, i32) {
    let programs = Path::new(env!("CARGO_BIN_EXE_crawld")).parent().unwrap().to_owned();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        shell.env_remove(name);
    }
    let script = format!("exec 2>&1; (exit {last})\n{command}\n");
    let done = shell.args(["-c", &script]).current_dir(folder).env("PATH", path).output().unwrap();
    (String::from_utf8(done.stdout).unwrap(), done.status.code().unwrap())
}

/// Is this the line that comes every ten seconds where there is no terminal?
fn is_progress(line: &str) -> bool {
    line.contains(" INFO  ") && line.contains("/s, ") && line.contains(" in flight")
}

fn follow_guide(name: &str) {
    follow_page(&format!("guides/{name}"), &[]);
}

/// Follows a page of the documentation, each of these texts in it replaced.
fn follow_page(name: &str, replaced: &[(&str, &str)]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    let site = Site::start(0).unwrap();
    let mut guide = fs::read_to_string(file).unwrap();
    for (from, to) in replaced {
        assert!(guide.contains(from), "{from}");
        guide = guide.replace(from, to);
    }
    assert!(guide.contains("$ crawld demo --serve"), "{name} opens the site");
    let steps = steps(&guide.replace(SITE, &site.address().to_string()));
    assert!(steps.len() > 5, "{name}: {} commands", steps.len());
    let folder = tempfile::tempdir().unwrap();
    let _daemon = Daemon(folder.path().join("daemon.pid"));
    let mut last = 0;
    for (at, step) in steps.iter().enumerate() {
        if step.command.starts_with("crawld demo --serve") {
            continue;
        }
        let (said, code) = follow(folder.path(), &step.command, last);
        let lines: Vec<&str> =
            said.lines().map(str::trim_end).filter(|l| !is_progress(l)).collect();
        let Step { command, says } = step;
        assert!(are_like(says, &lines), "{name}: $ {command}\n{said}\nis not\n{}", says.join("\n"));
        let is_asked = steps.get(at + 1).is_some_and(|next| next.command.contains("$?"));
        assert!(code == 0 || is_asked, "{name}: $ {command} exits with {code}\n{said}");
        last = code;
    }
}

/// The daemon that a guide starts ends with it, whatever comes.
struct Daemon(PathBuf);

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Ok(pid) = fs::read_to_string(&self.0) {
            // It has ended already unless the test failed.
            drop(Command::new("kill").arg(pid.trim()).stderr(Stdio::null()).status());
        }
    }
}

#[test]
fn what_is_said_of_operating_can_be_followed() {
    let (first, second) = (postgres_database("operating"), postgres_database("restored"));
    let urls = [
        ("postgres://crawld@db.example/crawld", first.as_str()),
        ("postgres://crawld@db.example/restored", &second),
    ];
    follow_page("operating.md", &urls);
}

#[test]
fn the_guide_to_crawl_can_be_followed() {
    follow_guide("crawl.md");
}

#[test]
fn the_site_of_the_guides_is_opened_as_they_say() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_crawld"))
        .args(["demo", "--serve", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let address = said.strip_prefix("The demo site is open at http://").unwrap();
    let answers = TcpStream::connect(address.trim_end().trim_end_matches('/')).is_ok();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(answers, "{said}");
}

#[test]
fn the_guide_to_fetch_can_be_followed() {
    follow_guide("fetch.md");
}

#[test]
fn the_guide_to_suggest_can_be_followed() {
    follow_guide("suggest.md");
}

#[test]
fn the_guide_to_scrape_can_be_followed() {
    follow_guide("scrape.md");
}

#[test]
fn a_line_is_like_another_but_for_what_the_guide_leaves_open() {
    assert!(is_like("a ... b", "a 1 b") && is_like("...", "") && is_like("a", "a"));
    assert!(is_like("x...y...", "x1y2") && !is_like("x...y", "x1y2") && !is_like("a", "ab"));
    let shown = ["a", "...", "c"].map(str::to_owned);
    assert!(are_like(&shown, &["a", "b", "b", "c"]) && are_like(&shown, &["a", "c"]));
    assert!(!are_like(&shown, &["a", "b"]) && !are_like(&shown, &["a", "c", "d"]));
}

#[test]
fn a_guide_is_read_as_commands_and_what_they_say() {
    let guide = "Text\n```console\n$ one \\\n  two\nsaid\n$ three\n```\n$ no\n```sh\n$ no\n```\n";
    let step = |command: &str, says: &[&str]| Step {
        command: command.to_owned(),
        says: says.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(steps(guide), [step("one \\\n  two", &["said"]), step("three", &[])]);
}
