//! Figures, spans and moments as people read them.

use std::time::{Duration, UNIX_EPOCH};

use crate::domain::Millis;
pub(super) use crate::domain::figures::{count, counted, span};
use crate::logging::harmless;

/// The last moment that four digits of a year can tell.
const LAST: Millis = 253_402_300_799_999;

/// A URL that cannot be parsed, as it may be shown.
pub(super) fn without_login(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

/// A number of bytes: `512 B`, `12.3 KiB`.
pub(super) fn size(bytes: i64) -> String {
    if bytes.unsigned_abs() < 1024 {
        return format!("{bytes} B");
    }
    let mut figure = float(bytes) / 1024.0;
    for unit in ["KiB", "MiB", "GiB"] {
        if figure.abs() < 1023.95 {
            return format!("{figure:.1} {unit}");
        }
        figure /= 1024.0;
    }
    format!("{figure:.1} TiB")
}

/// A span: `340 µs`, `12.3 ms`, `1.2 s`, `1m 12s`, `2h 5m`, `3d 4h`.
pub(super) fn micros(micros: i64) -> String {
    if micros.unsigned_abs() < 1000 {
        return format!("{micros} µs");
    }
    let milliseconds = float(micros) / 1000.0;
    if milliseconds < 99.95 {
        return format!("{milliseconds:.1} ms");
    }
    span(micros / 1000)
}

/// A moment: `2026-11-21 08:00:00 UTC`.
pub(super) fn moment(at: Millis) -> String {
    let since = Duration::from_millis(at.clamp(0, LAST).unsigned_abs());
    let text = humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string();
    text.replace('T', " ").replace('Z', " UTC")
}

/// A moment and how far off it is: `2026-11-21 08:00:00 UTC (in 4.0 s)`.
pub(super) fn moment_from(at: Millis, now: Millis) -> String {
    let off = if at > now {
        format!("in {}", span(at.saturating_sub(now)))
    } else {
        format!("{} ago", span(now.saturating_sub(at)))
    };
    format!("{} ({off})", moment(at))
}

/// Pages a second over a running time, to a tenth.
pub(super) fn per_second(pages: i64, running: Millis) -> f64 {
    if running <= 0 { 0.0 } else { (float(pages) * 10_000.0 / float(running)).round() / 10.0 }
}

/// Foreign text made safe for a terminal: what could steer it becomes U+FFFD.
pub(super) fn clean(text: &str) -> String {
    harmless(text, |_| false)
}

/// An argument as a shell takes it.
pub(super) fn shell(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
fn float(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_the_unit_that_fits() {
        let texts = [0, 1023, 1024, 12_595, 1_048_575, 5 << 40].map(size);
        assert_eq!(texts, ["0 B", "1023 B", "1.0 KiB", "12.3 KiB", "1.0 MiB", "5.0 TiB"]);
    }

    #[test]
    fn short_spans_take_the_unit_that_fits() {
        let texts = [340, 12_340, 99_949, 100_000, 2_000_000].map(micros);
        assert_eq!(texts, ["340 µs", "12.3 ms", "99.9 ms", "100 ms", "2.0 s"]);
    }

    #[test]
    fn a_moment_tells_how_far_off_it_is() {
        let now = 1_795_248_000_000;
        assert_eq!(moment_from(now + 4000, now), "2026-11-21 08:00:04 UTC (in 4.0 s)");
        assert_eq!(moment_from(now - 500, now), "2026-11-21 07:59:59 UTC (500 ms ago)");
        assert_eq!(moment(i64::MAX), "9999-12-31 23:59:59 UTC");
    }

    #[test]
    fn a_rate_over_no_time_is_nothing() {
        assert_eq!((per_second(5, 0), per_second(1500, 72_000)), (0.0, 20.8));
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert_eq!(
            clean("a\u{1b}[31mb\n\u{202e}c\u{200f} é"),
            "a\u{fffd}[31mb\u{fffd}\u{fffd}c\u{fffd} é"
        );
    }

    #[test]
    fn a_shell_takes_the_argument_whole() {
        assert_eq!(shell("https://h/a"), "https://h/a");
        assert_eq!(shell("https://h/?a&b"), "'https://h/?a&b'");
        assert_eq!(shell("it's"), r"'it'\''s'");
    }
}
