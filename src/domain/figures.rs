//! Figures as people read them.

use super::Millis;

/// A count with its thousands set apart: `1,234,567`.
#[must_use]
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 page`, `1,200 pages`.
#[must_use]
pub fn counted(number: i64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A span: `340 ms`, `1.2 s`, `1m 12s`, `2h 5m`, `3d 4h`.
#[must_use]
pub fn span(millis: Millis) -> String {
    let seconds = millis / 1000;
    match seconds {
        _ if millis < 1000 => format!("{millis} ms"),
        ..60 => format!("{}.{} s", seconds, millis % 1000 / 100),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let texts = [0, 7, 999, 1000, 1_234_567, -1000].map(count);
        assert_eq!(texts, ["0", "7", "999", "1,000", "1,234,567", "-1,000"]);
        assert_eq!(
            (counted(1, "page"), counted(1200, "page")),
            ("1 page".into(), "1,200 pages".into())
        );
    }

    #[test]
    fn spans_take_the_two_units_that_matter() {
        let texts = [0, 999, 1250, 59_999, 72_000, 7_500_000, 273_600_000].map(span);
        assert_eq!(texts, ["0 ms", "999 ms", "1.2 s", "59.9 s", "1m 12s", "2h 5m", "3d 4h"]);
    }
}
