//! How one log line is written.

use std::fmt::{self, Display};
use std::io;

use log::{Level, Record};
use serde::Serializer;
use serde::ser::SerializeMap;

use super::fields::fields;
use crate::domain::masked::masked_in;

/// For whom lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// Is stderr the journal's?
    pub(super) journal: bool,
    /// As JSON?
    pub(super) json: bool,
}

impl Form {
    /// Is it what a person at a terminal reads?
    pub(super) fn is_plain(self) -> bool {
        !self.journal && !self.json
    }
}

/// One record, displayed without its line's end.
pub(super) struct Line<'a> {
    pub(super) form: Form,
    /// When it is written.
    pub(super) at: &'a str,
    pub(super) record: &'a Record<'a>,
}

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.record.args().to_string();
        let words = harmless(&masked_in(&one_line(&text)), |c| c == '\t');
        let level = self.record.level();
        if self.form.journal {
            write!(f, "<{}>", priority(level))?;
        }
        match self.form {
            Form { json: true, .. } => f.write_str(&self.json(&words).map_err(|_| fmt::Error)?),
            Form { journal: true, .. } => f.write_str(&words),
            _ => write!(f, "{} {level:<5} {words}", self.at),
        }
    }
}

impl Line<'_> {
    fn json(&self, words: &str) -> Result<String, serde_json::Error> {
        let own = [
            ("ts", self.at),
            ("level", level_name(self.record.level())),
            ("target", self.record.target()),
            ("message", words),
        ];
        let mut text = Vec::new();
        let mut writer = serde_json::Serializer::new(&mut text);
        let mut map = writer.serialize_map(None)?;
        for (key, value) in own {
            map.serialize_entry(key, value)?;
        }
        for (key, value) in fields(words) {
            if own.iter().all(|(taken, _)| *taken != key) {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Several lines as one.
fn one_line(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// The number of a level in the journal (`sd-daemon(3)`).
fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}

/// Is stderr the stream to the journal that `JOURNAL_STREAM` names? (A child may have inherited
/// the variable and been given another stderr.)
pub(super) fn is_journal() -> bool {
    let Ok(stat) = rustix::fs::fstat(io::stderr()) else { return false };
    let named = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    named.split_once(':').is_some_and(|(device, inode)| {
        device.parse() == Ok(stat.st_dev) && inode.parse() == Ok(stat.st_ino)
    })
}

/// Foreign text made harmless to a terminal and to a reader of logs: control characters, and those
/// that turn the direction of writing, become U+FFFD, unless they are `kept`.
#[must_use]
pub fn harmless(text: &str, kept: impl Fn(char) -> bool) -> String {
    let steers = |c: char| c.is_control() || turns(c) || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if steers(c) && !kept(c) { '\u{fffd}' } else { c }).collect()
}

/// Is this one of the characters of Unicode's bidirectional algorithm that cannot be seen?
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(journal: bool, json: bool, level: Level, text: &str) -> String {
        let args = format_args!("{text}");
        let record = Record::builder().level(level).target("crawld::store").args(args).build();
        let at = "2026-11-21T08:00:00.000Z";
        Line { form: Form { journal, json }, at, record: &record }.to_string()
    }

    #[test]
    fn a_person_reads_the_time_the_level_and_the_words() {
        assert_eq!(
            line(false, false, Level::Info, "job=a begins"),
            "2026-11-21T08:00:00.000Z INFO  job=a begins"
        );
    }

    #[test]
    fn the_journal_gets_the_priority_and_nothing_that_it_knows() {
        for (level, priority) in [
            (Level::Error, "<3>"),
            (Level::Warn, "<4>"),
            (Level::Info, "<6>"),
            (Level::Debug, "<7>"),
            (Level::Trace, "<7>"),
        ] {
            assert_eq!(line(true, false, level, "job=a begins"), format!("{priority}job=a begins"));
        }
        assert!(line(true, true, Level::Warn, "x").starts_with("<4>{\"ts\":"));
    }

    #[test]
    fn an_event_is_one_line_whatever_it_says() {
        for (journal, json) in [(false, false), (true, false), (false, true)] {
            let text =
                line(journal, json, Level::Error, "first\n  second\r\n<0>third\u{2028}\u{85}");
            assert!(text.lines().count() == 1 && !text.contains(['\u{2028}', '\u{85}']), "{text}");
            assert!(text.contains("first; second; <0>third"), "{text}");
        }
    }

    #[test]
    fn json_has_the_facts_as_fields_beside_its_own() {
        let text =
            line(false, true, Level::Warn, "job=a \"quoted\" level=9 url=http://h/?q=1 \u{1b}[");
        assert!(text.starts_with("{\"ts\":\"2026-11-21T08:00:00.000Z\",\"level\":\"warn\","));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["level"], "warn");
        assert_eq!(value["target"], "crawld::store");
        assert_eq!(value["job"], "a");
        assert_eq!(value["url"], "http://h/?q=1");
        assert_eq!(value["message"], "job=a \"quoted\" level=9 url=http://h/?q=1 \u{fffd}[");
        assert_eq!(text.matches("\"level\"").count(), 1);
    }
}
