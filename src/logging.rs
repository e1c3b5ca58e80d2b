//! Log lines on stderr: one event a line, what a stranger says made harmless.
//!
//! A line is a subject, then words, and facts as `key=value`: `job=docs url=/ try 1: status=200`.
//! Written to a terminal or a file it begins with the time (UTC) and its level; to the journal with
//! the priority as the journal wants it, and nothing that the journal knows itself; as JSON with
//! its facts as fields. What is logged and how can be changed while the program runs.

mod fields;
mod line;

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use env_filter::Filter;
use env_logger::{Builder, Logger, Target};
use log::{Level, LevelFilter, Log, Metadata, Record};

pub use line::harmless;
use line::{Form, Line};

/// Longest account of a panic, in characters.
const LONGEST_PANIC: usize = 2_000;

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// A line of text.
    #[default]
    Text,
    /// A JSON object: `ts`, `level`, `target`, `message` and the facts of the message.
    Json,
}

static JSON: AtomicBool = AtomicBool::new(false);
static FILTER: RwLock<Option<Arc<Filter>>> = RwLock::new(None);

/// Starts logging. `filter` is `env_logger`'s (`info`, `crawld=debug`); `RUST_LOG` adds to it.
/// Panics are logged in one line instead of being printed.
pub fn start(filter: &str) {
    let more = std::env::var("RUST_LOG").unwrap_or_default();
    let (active, faults) = lenient(&[filter, &more]);
    adopt(active);
    if log::set_logger(&SWITCH).is_err() {
        log::debug!("logging had been started already");
    }
    for fault in faults {
        log::warn!("{fault}");
    }
    std::panic::set_hook(Box::new(tell_panic));
}

/// Is this a filter of log lines?
///
/// # Errors
/// With what is wrong with it, and the mend.
pub fn check(filter: &str) -> Result<(), String> {
    filter_of(&[filter]).map(|_| ())
}

/// Replaces what is logged from now on, `RUST_LOG` included.
///
/// # Errors
/// As [`check`]; then nothing has changed.
pub fn set_filter(filter: &str) -> Result<(), String> {
    adopt(filter_of(&[filter])?);
    Ok(())
}

/// Replaces how lines are written from now on.
pub fn set_format(format: Format) {
    JSON.store(format == Format::Json, Ordering::Relaxed);
}

/// Says why a command failed, whatever is logged: on stderr, as its log lines are written.
///
/// # Errors
/// When stderr is gone.
pub fn complain(line: &str) -> io::Result<()> {
    let form = form();
    if form.is_plain() {
        return writeln!(io::stderr(), "crawld: {line}");
    }
    writer().log(
        &Record::builder()
            .level(Level::Error)
            .target("crawld")
            .args(format_args!("{line}"))
            .build(),
    );
    Ok(())
}

/// The filter of several texts, a later one above the earlier ones.
fn filter_of(texts: &[&str]) -> Result<Filter, String> {
    let mut builder = env_filter::Builder::new();
    // What the HTTP libraries find worth an error is an outcome that is stored.
    builder.filter_level(LevelFilter::Warn).filter_module("actix_http", LevelFilter::Off);
    for text in texts.iter().filter(|text| !text.is_empty()) {
        if let Some(word) = strange_word(text) {
            return Err(format!(
                "'{word}' is no level; write error, warn, info, debug, trace or off, or \
                 target=level as in crawld=debug"
            ));
        }
        builder.try_parse(text).map_err(|_| {
            format!("'{text}' is no log filter; write level or target=level, several with commas")
        })?;
    }
    Ok(builder.build())
}

/// As [`filter_of`], without the texts that are wrong, and with what is wrong with them.
fn lenient(texts: &[&str]) -> (Filter, Vec<String>) {
    let good: Vec<&str> = texts.iter().copied().filter(|text| check(text).is_ok()).collect();
    let faults = texts.iter().filter_map(|text| check(text).err()).collect();
    let filter = filter_of(&good).unwrap_or_else(|_| env_filter::Builder::new().build());
    (filter, faults)
}

/// The first part of a filter that is neither a level, nor a target of ours, nor has a level: a
/// level misspelt would be taken for a target of that name, and everything else fall silent.
fn strange_word(text: &str) -> Option<&str> {
    let targets = text.split('/').next()?;
    let mut parts = targets.split(',').map(str::trim);
    parts.find(|part| match part.split_once('=') {
        Some((target, level)) => target.trim().is_empty() || !is_level(level.trim()),
        None => !part.is_empty() && !is_level(part) && !is_ours(part),
    })
}

fn is_level(word: &str) -> bool {
    word.parse::<LevelFilter>().is_ok()
}

fn is_ours(target: &str) -> bool {
    target.strip_prefix("crawld").is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn adopt(filter: Filter) {
    let most = filter.filter();
    *FILTER.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(filter));
    log::set_max_level(most);
}

fn filter() -> Option<Arc<Filter>> {
    FILTER.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The logger of the process: the filter of the moment before the one writer.
struct Switch;

static SWITCH: Switch = Switch;

impl Log for Switch {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        filter().is_some_and(|filter| filter.enabled(metadata))
    }

    fn log(&self, record: &Record<'_>) {
        if filter().is_some_and(|filter| filter.matches(record)) {
            writer().log(record);
        }
    }

    fn flush(&self) {
        writer().flush();
    }
}

fn writer() -> &'static Logger {
    static WRITER: OnceLock<Logger> = OnceLock::new();
    WRITER.get_or_init(|| {
        let mut builder = Builder::new();
        builder.filter_level(LevelFilter::Trace).target(Target::Stderr);
        builder.format(|out, record| {
            let at = out.timestamp_millis().to_string();
            writeln!(out, "{}", Line { form: form(), at: &at, record })
        });
        builder.build()
    })
}

fn form() -> Form {
    static JOURNAL: OnceLock<bool> = OnceLock::new();
    let journal = *JOURNAL.get_or_init(line::is_journal);
    Form { journal, json: JSON.load(Ordering::Relaxed) }
}

fn tell_panic(panic: &PanicHookInfo<'_>) {
    let words = panic
        .payload()
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.payload().downcast_ref::<String>().cloned())
        .unwrap_or_default();
    let words: String = without_logins(&words).chars().take(LONGEST_PANIC).collect();
    let place = panic.location().map_or_else(String::new, ToString::to_string);
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    log::error!("thread={thread} place={place} panic: {words}");
}

/// A text with the logins taken out of its URLs.
fn without_logins(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'');
        let authority = after.split(ends).next().unwrap_or_default();
        let login = authority.rfind('@').map_or(0, |at| at + 1);
        rest = after.get(login..).unwrap_or_default();
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_means_nothing_is_a_fault_and_not_silence() {
        for good in ["info", "crawld=info", "off", "crawld", "crawld::http=trace, crawld=WARN", ""]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let bad = ["crawld=loud", "infoo", "crawld=", "=debug", "info;debug", "a=b=c", "crawldd"];
        for bad in bad {
            let why = check(bad).unwrap_err();
            assert!(why.contains(bad) && why.contains("level"), "{why}");
        }
        assert!(check("info/a/b").is_err());
    }

    #[test]
    fn a_wrong_filter_of_several_spoils_none_of_the_others() {
        let (filter, faults) = lenient(&["crawld=debug", "crawld=loud"]);
        let at = |target, level| {
            filter.enabled(&Metadata::builder().target(target).level(level).build())
        };
        assert!(at("crawld::http", Level::Debug) && !at("crawld::http", Level::Trace));
        assert!(at("other", Level::Warn) && !at("other", Level::Info));
        assert_eq!(faults.len(), 1, "{faults:?}");
    }

    #[test]
    fn the_words_of_a_panic_lose_the_logins_of_their_urls() {
        assert_eq!(
            without_logins("GET https://a:b@c@h.example/x@y then postgres://u:p@db and mail@x"),
            "GET https://h.example/x@y then postgres://db and mail@x"
        );
    }
}
