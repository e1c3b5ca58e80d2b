//! Log lines on stderr: one event a line, UTC, control characters of strangers escaped.

use std::io::Write;

use env_logger::{Builder, Target};
use log::LevelFilter;

/// Starts logging. `filter` is `env_logger`'s (`info`, `crawld=debug`); `RUST_LOG` adds to it.
/// Panics are logged in one line instead of being printed.
pub fn start(filter: &str) {
    let mut builder = Builder::new();
    // What the HTTP library finds worth an error is an outcome that is stored.
    builder.filter_level(LevelFilter::Warn).filter_module("actix_http", LevelFilter::Off);
    builder.parse_filters(filter);
    if let Ok(more) = std::env::var("RUST_LOG") {
        builder.parse_filters(&more);
    }
    builder.target(Target::Stderr).format(|out, record| {
        let text = record.args().to_string();
        let clean = harmless(&text, |c| c == '\t');
        writeln!(out, "{} {:<5} {clean}", out.timestamp_millis(), record.level())
    });
    if builder.try_init().is_err() {
        log::debug!("logging had been started already");
    }
    std::panic::set_hook(Box::new(|panic| {
        let words = panic
            .payload()
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.payload().downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        log::error!("panic at {place}: {words}");
    }));
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
