//! The dates of cookies, which follow no format: RFC 6265, section 5.1.1.

use crate::domain::Millis;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The parts of a date that have been found.
#[derive(Default)]
struct Parts {
    time: Option<[i64; 3]>,
    day: Option<i64>,
    month: Option<i64>,
    year: Option<i64>,
}

/// The moment that a cookie's date means; `None` when it means none.
pub(super) fn parse(text: &str) -> Option<Millis> {
    let mut parts = Parts::default();
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        parts.take(token);
    }
    parts.moment()
}

fn is_delimiter(c: char) -> bool {
    matches!(c, '\t' | ' '..='/' | ';'..='@' | '['..='`' | '{'..='~')
}

impl Parts {
    /// Uses a token for the first part that it can be and that is still missing.
    fn take(&mut self, token: &str) {
        if self.time.is_none()
            && let Some(time) = time(token)
        {
            self.time = Some(time);
        } else if self.day.is_none()
            && let Some(day) = number(token, 1, 2)
        {
            self.day = Some(day);
        } else if self.month.is_none()
            && let Some(month) = month(token)
        {
            self.month = Some(month);
        } else if self.year.is_none()
            && let Some(year) = number(token, 2, 4)
        {
            self.year = Some(year);
        }
    }

    fn moment(&self) -> Option<Millis> {
        let (day, month) = (self.day?, self.month?);
        let year = match self.year? {
            year @ 70..=99 => year + 1900,
            year @ 0..=69 => year + 2000,
            year => year,
        };
        let [hour, minute, second] = self.time?;
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let longest = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let valid = (1..=longest).contains(&day)
            && year >= 1601
            && hour <= 23
            && minute <= 59
            && second <= 59;
        let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
        valid.then_some(seconds * 1000)
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar, counted in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let before = 365 * year + year / 4 - year / 100 + year / 400;
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    before + in_year - 719_468
}

/// The number that a token begins with, of `least` to `most` digits.
fn number(token: &str, least: usize, most: usize) -> Option<i64> {
    let digits = token.find(|c: char| !c.is_ascii_digit()).unwrap_or(token.len());
    let fits = (least..=most).contains(&digits);
    token.get(..digits).filter(|_| fits)?.parse().ok()
}

/// `hh:mm:ss`, each of one or two digits; what follows other than a digit does not matter.
fn time(token: &str) -> Option<[i64; 3]> {
    let mut fields = token.splitn(3, ':');
    let mut whole = || fields.next().filter(|f| f.bytes().all(|b| b.is_ascii_digit()));
    let (hour, minute) = (number(whole()?, 1, 2)?, number(whole()?, 1, 2)?);
    Some([hour, minute, number(fields.next()?, 1, 2)?])
}

fn month(token: &str) -> Option<i64> {
    let name = token.get(..3)?;
    (1..).zip(MONTHS).find(|(_, month)| name.eq_ignore_ascii_case(month)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_form_of_a_date_is_read() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "06-nov-1994 8:49:37",
            "nov 6 1994 08:49:37x",
        ] {
            assert_eq!(parse(text), Some(784_111_777_000), "{text}");
        }
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse("29 Feb 2024 00:00:00"), Some(1_709_164_800_000));
        assert_eq!(parse("1 Jan 69 00:00:00"), Some(3_124_224_000_000), "69 is 2069");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "6 Nov 1994",
            "32 Jan 2024 00:00:00",
            "29 Feb 2023 00:00:00",
            "1 Jan 1600 00:00:00",
            "1 Jan 2024 24:00:00",
            "1 Jan 2024 00:60:00",
            "1 Jan 99999 00:00:00",
            "1 J\u{e4}n 2024 00:00:00",
            "1 Jan 2024 :::",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_agree_with_another_reader_for_every_day_of_many_years() {
        for day in (-100_000..200_000_i64).step_by(13) {
            let at = day * 86_400 + 12_345;
            if let Ok(at) = u64::try_from(at) {
                let moment = std::time::UNIX_EPOCH + std::time::Duration::from_secs(at);
                let text = httpdate::fmt_http_date(moment);
                assert_eq!(parse(&text), Some(i64::try_from(at).unwrap() * 1000), "{text}");
            }
        }
    }
}
