//! When a job begins a new pass.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Millis;

/// When a job begins a new pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// So long after the last pass began.
    Every(Millis),
    /// At times of the calendar, in UTC.
    Cron(Cron),
}

/// Times as five fields of cron tell them: minute, hour, day of the month, month, day of the week.
/// Where both days are restricted one of them is enough, as cron has it. Two that are written
/// otherwise are not equal, though their times may be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    /// The fields as they were written, with one blank between them.
    text: String,
    /// Bit n: minute n.
    pub minutes: u64,
    /// Bit n: hour n.
    pub hours: u64,
    /// Bit n: day n of the month; bit 0 is never set.
    pub days: u64,
    /// Bit n: month n; bit 0 is never set.
    pub months: u64,
    /// Bit n: day n of the week, 0 is Sunday.
    pub weekdays: u64,
    /// Is a day of the month asked for?
    pub by_day: bool,
    /// Is a day of the week asked for?
    pub by_weekday: bool,
}

/// A field: its name, its least and greatest number, and names for numbers from the least on.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day", least: 1, most: 31, names: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    // 7 is Sunday too.
    Field {
        name: "weekday",
        least: 0,
        most: 7,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

impl Schedule {
    /// When the next pass is to begin, after one that began at `last`. It may lie in the past: then
    /// passes have been missed, and one makes up for all of them. `None`: never again.
    #[must_use]
    pub fn next(&self, last: Millis) -> Option<Millis> {
        match self {
            Self::Every(span) => Some(last.saturating_add(*span)),
            Self::Cron(cron) => cron.next(last),
        }
    }
}

impl Cron {
    /// The first of these times after `last`, to the minute; within eight years there is one.
    fn next(&self, last: Millis) -> Option<Millis> {
        let first = Timestamp::from_millisecond(last).ok()?.to_zoned(TimeZone::UTC).datetime();
        let mut day = first.date();
        let mut from =
            u32::try_from(first.hour()).ok()? * 60 + u32::try_from(first.minute()).ok()? + 1;
        for _ in 0..8 * 366 {
            if self.falls_on(day)
                && let Some(minute) = self.minute_from(from)
            {
                let (hour, minute) =
                    (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
                let at = day.at(hour, minute, 0, 0).to_zoned(TimeZone::UTC).ok()?;
                return Some(at.timestamp().as_millisecond());
            }
            day = day.tomorrow().ok()?;
            from = 0;
        }
        None
    }

    fn falls_on(&self, date: Date) -> bool {
        let has = |bits: u64, number: i8| bits & 1 << u32::from(number.unsigned_abs()) != 0;
        let by_day = has(self.days, date.day());
        let by_weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        let right = if self.by_day && self.by_weekday {
            by_day || by_weekday
        } else {
            by_day && by_weekday
        };
        has(self.months, date.month()) && right
    }

    /// The first such minute of a day from this one on.
    fn minute_from(&self, from: u32) -> Option<u32> {
        let fits =
            |at: &u32| self.hours & 1 << (at / 60) != 0 && self.minutes & 1 << (at % 60) != 0;
        (from..24 * 60).find(fits)
    }

    /// Reads five fields with `*`, lists, ranges, steps and English names: `30 4 * * mon-fri`.
    ///
    /// # Errors
    /// With words that name the field and a right form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let given: Vec<&str> = text.split_whitespace().collect();
        let Ok(given) = <[&str; 5]>::try_from(given) else {
            return Err(format!(
                "'{text}' has not five fields (minute hour day month weekday); write '30 4 * * *'"
            ));
        };
        let mut bits = [0; 5];
        for ((bits, field), text) in bits.iter_mut().zip(&FIELDS).zip(given) {
            *bits = field.read(text)?;
        }
        let [minutes, hours, days, months, week] = bits;
        let [_, _, day, _, weekday] = given.map(|text| !text.starts_with('*'));
        let weekdays = (week | week >> 7) & 0x7f;
        let (by_day, by_weekday) = (day, weekday);
        let shown = given.join(" ");
        let cron = Self { text: shown, minutes, hours, days, months, weekdays, by_day, by_weekday };
        if cron.by_day && !cron.by_weekday && !cron.has_a_day() {
            return Err(format!("'{text}': no such day in these months"));
        }
        Ok(cron)
    }

    /// Is there a month among these with one of these days?
    fn has_a_day(&self) -> bool {
        let length = |month| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let first = self.days.trailing_zeros();
        (1..=12).any(|month| self.months & 1 << month != 0 && first <= length(month))
    }
}

impl fmt::Display for Cron {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Field {
    fn read(&self, text: &str) -> Result<u64, String> {
        let parts = text.split(',').map(|part| self.part(part));
        let bits = parts.collect::<Option<Vec<u64>>>();
        bits.map(|bits| bits.into_iter().fold(0, |all, bits| all | bits)).ok_or_else(|| {
            let (name, least, most) = (self.name, self.least, self.most);
            format!("{name} '{text}': write *, */5, or numbers of {least} to {most}: 1,3-5")
        })
    }

    /// `*`, `5`, `1-5`, each with `/step`.
    fn part(&self, text: &str) -> Option<u64> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(number(step)?)),
            None => (text, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.least, self.most),
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            // With a step it goes on to the end.
            None => {
                let first = self.number(range)?;
                (first, if step.is_some() { self.most } else { first })
            }
        };
        let step = usize::try_from(step.unwrap_or(1)).ok().filter(|step| *step > 0)?;
        (first <= last)
            .then(|| (first..=last).step_by(step).fold(0, |bits, number| bits | 1 << number))
    }

    fn number(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let given = match named {
            Some(at) => self.least + u32::try_from(at).ok()?,
            None => number(text)?,
        };
        (self.least..=self.most).contains(&given).then_some(given)
    }
}

/// Digits only: no sign, no blanks.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_fields_are_read_as_cron_has_them() {
        let cron = Cron::parse("*/15 4,16 1-7/3 jan,Mar-4 MON-fri").unwrap();
        assert_eq!(cron.minutes, 1 | 1 << 15 | 1 << 30 | 1 << 45);
        assert_eq!(cron.hours, 1 << 4 | 1 << 16);
        assert_eq!(cron.days, 1 << 1 | 1 << 4 | 1 << 7);
        assert_eq!(cron.months, 1 << 1 | 1 << 3 | 1 << 4);
        assert_eq!(cron.weekdays, 0b0011_1110);
        assert!(cron.by_day && cron.by_weekday);
        let daily = Cron::parse("30 4 * * *").unwrap();
        assert!(!daily.by_day && !daily.by_weekday);
        assert_eq!(Cron::parse("0 0 * * 7").unwrap().weekdays, 1, "Sunday");
        assert_eq!(Cron::parse("50/5 * * * *").unwrap().minutes, 1 << 50 | 1 << 55);
    }

    fn after(cron: &str, last: &str) -> String {
        let last: Timestamp = last.parse().unwrap();
        let next = Schedule::Cron(Cron::parse(cron).unwrap()).next(last.as_millisecond());
        Timestamp::from_millisecond(next.unwrap()).unwrap().to_string()
    }

    #[test]
    fn the_next_time_is_the_first_that_fits_after_the_last() {
        for (cron, last, next) in [
            ("30 4 * * *", "2026-11-21T04:29:59.999Z", "2026-11-21T04:30:00Z"),
            ("30 4 * * *", "2026-11-21T04:30:00Z", "2026-11-22T04:30:00Z"),
            ("*/15 * * * *", "2026-12-31T23:50:00Z", "2027-01-01T00:00:00Z"),
            ("0 0 29 2 *", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 12 * * mon-fri", "2026-11-20T12:00:00Z", "2026-11-23T12:00:00Z"),
            ("0 0 1 * sun", "2026-11-21T10:00:00Z", "2026-11-22T00:00:00Z"),
            ("0 0 1 * sun", "2026-11-29T10:00:00Z", "2026-12-01T00:00:00Z"),
            ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"),
        ] {
            assert_eq!(after(cron, last), next, "{cron} after {last}");
        }
    }

    #[test]
    fn a_span_counts_from_the_start_of_the_last_pass() {
        assert_eq!(Schedule::Every(3_600_000).next(1_000), Some(3_601_000));
        assert_eq!(Schedule::Every(Millis::MAX).next(1_000), Some(Millis::MAX));
    }

    #[test]
    fn it_is_shown_as_it_was_written() {
        for text in ["0 5 31 * *", "*/15 4,16 1-7/3 jan,Mar-4 MON-fri", "0 0 */2 * 7"] {
            assert_eq!(Cron::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Cron::parse(" 0  5\t* * * ").unwrap().to_string(), "0 5 * * *");
    }

    #[test]
    fn what_can_never_be_is_refused_with_the_field() {
        for (text, word) in [
            ("daily", "five fields"),
            ("* * * *", "five fields"),
            ("60 * * * *", "minute '60'"),
            ("* 24 * * *", "hour"),
            ("* * 0 * *", "day '0'"),
            ("* * * 13 *", "month"),
            ("* * * * mondays", "weekday"),
            ("5-1 * * * *", "minute"),
            ("*/0 * * * *", "minute"),
            ("-1 * * * *", "minute"),
            ("1,,2 * * * *", "minute"),
            ("99999999999 * * * *", "minute"),
            ("0 0 31 4,6 *", "no such day"),
        ] {
            let error = Cron::parse(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
        assert!(Cron::parse("0 0 29 2 *").is_ok(), "in leap years");
    }
}
