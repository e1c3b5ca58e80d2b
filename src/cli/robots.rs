//! `crawld robots`: what a robots.txt says of a URL.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::error::{CommandError, closed_pipe_is_success};
use crate::domain::robots::Robots;
use crate::domain::url::CanonicalUrl;

/// Read of a file: more than ever counts of it.
const MOST: u64 = 1 << 20;

/// Options of `crawld robots`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Judge for this crawler: its product token, or its whole User-Agent
    #[arg(long, value_name = "NAME")]
    agent: String,
    /// The robots.txt
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The URL in question
    #[arg(value_name = "URL")]
    url: String,
    /// Also print the rule that decided
    #[arg(long, short)]
    verbose: bool,
}

/// Prints `allowed` (0) or `disallowed` (1).
///
/// # Errors
/// 2 when the file cannot be read or the URL is none.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<u8, CommandError> {
    closed_pipe_is_success(judge(args, out))
}

fn judge(args: &Args, out: &mut dyn Write) -> Result<u8, CommandError> {
    let url = CanonicalUrl::parse(&args.url)
        .map_err(|error| CommandError::usage(format!("'{}': {error}", args.url)))?;
    let robots = Robots::parse(&read(&args.file)?);
    let verdict = robots.verdict(&args.agent, url.path_and_query());
    let word = if verdict.allowed { "allowed" } else { "disallowed" };
    if args.verbose {
        let rule = verdict.rule.as_deref().unwrap_or("no rule matches");
        writeln!(out, "{word}  {}", super::text::clean(rule))?;
    } else {
        writeln!(out, "{word}")?;
    }
    Ok(u8::from(!verdict.allowed))
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    let mut body = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST).read_to_end(&mut body))
        .map_err(|error| CommandError::usage(format!("{}: {error}", path.display())))?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TXT: &str = "User-agent: FooBot\nDisallow: /private/\nAllow: /private/open\n";

    fn judged(url: &str, agent: &str, verbose: bool) -> (u8, String) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(TXT.as_bytes()).unwrap();
        let (file, url) = (file.path().to_owned(), url.to_owned());
        let args = Args { agent: agent.to_owned(), file, url, verbose };
        let mut out = Vec::new();
        let exit = run(&args, &mut out).unwrap_or_else(|error| error.exit);
        (exit, String::from_utf8(out).unwrap())
    }

    #[test]
    fn it_prints_one_word_and_exits_with_the_verdict() {
        assert_eq!(judged("http://h/private/a", "FooBot", false), (1, "disallowed\n".into()));
        assert_eq!(judged("http://h/private/open", "FooBot", false), (0, "allowed\n".into()));
        assert_eq!(judged("http://h/private/a", "BarBot", false), (0, "allowed\n".into()));
        assert_eq!(judged("http://h/private/a", "foobot/2.1 (+x)", false).0, 1);
    }

    #[test]
    fn asked_for_more_it_names_the_rule() {
        let (exit, text) = judged("http://h/private/a", "FooBot", true);
        assert_eq!((exit, text.as_str()), (1, "disallowed  Disallow: /private/ (line 2)\n"));
        assert_eq!(judged("http://h/", "FooBot", true).1, "allowed  no rule matches\n");
    }

    #[test]
    fn what_cannot_be_judged_is_a_usage_error_without_output() {
        assert_eq!(judged("/private/a", "FooBot", false), (2, String::new()));
        assert_eq!(judged("ftp://h/", "FooBot", false), (2, String::new()));
        let (file, url) = (PathBuf::from("/nowhere/robots.txt"), "http://h/".to_owned());
        let args = Args { agent: "a".to_owned(), file, url, verbose: false };
        assert_eq!(run(&args, &mut Vec::new()).unwrap_err().exit, 2);
    }
}
