//! Dates as people write them; out comes ISO 8601: `2026-11-21`, `2026-11-21T09:30:00`, with
//! `Z` or an offset where one was given. A date without a year, or relative to today, is none.

use jiff::civil::{Date, Time};
use jiff::fmt::strtime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;

use super::months::month;
use super::number::digit;

/// Longer texts are not looked at.
const LONGEST: usize = 400;

/// How a date is read.
#[derive(Debug, Clone, Default)]
pub(super) struct DateRule {
    /// Exactly so, in the manner of strftime.
    pub(super) format: Option<String>,
    /// Is `3/4/2026` the fourth of March?
    pub(super) month_first: bool,
}

/// The date of a text as ISO 8601.
pub(super) fn read(text: &str, rule: &DateRule) -> Option<String> {
    if let Some(format) = &rule.format {
        return formatted(text, format);
    }
    let text = text.get(..text.floor_char_boundary(LONGEST))?.trim();
    iso(text).or_else(|| written(text, rule))
}

/// Is this a format that can be read?
///
/// # Errors
/// When it is not: what is wrong, in one line.
pub(super) fn check_format(format: &str) -> Result<(), String> {
    let example = jiff::civil::date(2026, 11, 21).at(9, 30, 0, 0);
    let zoned = example.to_zoned(jiff::tz::TimeZone::UTC).map_err(|e| e.to_string())?;
    let written = strtime::format(format, &zoned).map_err(|e| e.to_string())?;
    match formatted(&written, format) {
        Some(_) => Ok(()),
        None => Err("it gives no whole date".to_owned()),
    }
}

fn formatted(text: &str, format: &str) -> Option<String> {
    let parts = strtime::parse(format, text.trim()).ok()?;
    let date = parts.to_date().ok()?;
    let time = parts.hour().and_then(|_| parts.to_time().ok());
    Some(out(date, time, parts.offset()))
}

/// What is ISO 8601 already.
fn iso(text: &str) -> Option<String> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    let pieces = PARSER.parse_pieces(text).ok()?;
    let offset = pieces.offset().map(|offset| match offset {
        jiff::fmt::temporal::PiecesOffset::Numeric(given) => given.offset(),
        _ => Offset::UTC,
    });
    Some(out(pieces.date(), pieces.time(), offset))
}

fn out(date: Date, time: Option<Time>, offset: Option<Offset>) -> String {
    let Some(time) = time else { return date.to_string() };
    let offset = match offset {
        None => String::new(),
        Some(offset) if offset == Offset::UTC => "Z".to_owned(),
        Some(offset) => offset.to_string(),
    };
    let offset = if offset.len() == 3 { format!("{offset}:00") } else { offset };
    format!("{date}T{time}{offset}")
}

/// A piece of a written date.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A number with its count of digits.
    Number(i16, usize),
    Month(i8),
    /// Any other word, in lower case.
    Word(String),
    /// A sign that is no white space.
    Sign(char),
}

fn written(text: &str, rule: &DateRule) -> Option<String> {
    let tokens = tokens(text);
    let (date, at, end) = (0..tokens.len()).find_map(|at| {
        let (date, length) = date_at(tokens.get(at..)?, rule)?;
        Some((date, at, at + length))
    })?;
    let behind = tokens.get(end..).unwrap_or_default();
    let (time, offset) = time_of(behind).or_else(|| time_of(tokens.get(..at)?)).unzip();
    Some(out(date, time, offset.flatten()))
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some(first) = digit(c) {
            let mut digits = String::from(first);
            while let Some(next) = chars.peek().copied().and_then(digit) {
                digits.push(next);
                chars.next();
            }
            let number = if digits.len() <= 4 { digits.parse().ok() } else { None };
            tokens.push(
                number.map_or(Token::Word(String::new()), |number| {
                    Token::Number(number, digits.len())
                }),
            );
        } else if c.is_alphabetic() {
            let mut word = String::from(c);
            while let Some(next) = chars.next_if(|c| c.is_alphabetic()) {
                word.push(next);
            }
            let word = word.to_lowercase();
            tokens.push(month(&word).map_or(Token::Word(word), Token::Month));
        } else if !c.is_whitespace() {
            tokens.push(Token::Sign(c));
        }
    }
    tokens
}

/// A date that the tokens begin with, and how many of them it takes.
fn date_at(tokens: &[Token], rule: &DateRule) -> Option<(Date, usize)> {
    use Token::{Number, Sign};
    match tokens {
        [
            Number(first, long),
            Sign(mark),
            Number(second, 1 | 2),
            Sign(same),
            Number(third, last),
            ..,
        ] if mark == same && matches!(mark, '.' | '/' | '-') => {
            numeric([(*first, *long), (*second, 2), (*third, *last)], *mark, rule)
                .map(|date| (date, 5))
        }
        _ => named(tokens),
    }
}

/// Three numbers: the year is the one of four digits, or the last.
fn numeric(numbers: [(i16, usize); 3], sign: char, rule: &DateRule) -> Option<Date> {
    let [(a, long), (b, _), (c, last)] = numbers;
    let small = |n: i16| i8::try_from(n).ok();
    if long == 4 {
        return Date::new(a, small(b)?, small(c)?).ok();
    }
    if long > 2 || !matches!(last, 2 | 4) {
        return None;
    }
    let year = if last == 2 { century(c) } else { c };
    let (day, month) = if sign == '/' && rule.month_first { (b, a) } else { (a, b) };
    let date = |day: i16, month: i16| Date::new(year, small(month)?, small(day)?).ok();
    // Of 13/02 only one can be the month.
    date(day, month).or_else(|| date(month, day).filter(|_| sign == '/'))
}

fn century(year: i16) -> i16 {
    if year < 69 { 2000 + year } else { 1900 + year }
}

/// A date with the name of a month: `21. November 2026`, `Nov 21st, 2026`, `2026 November 21`.
fn named(tokens: &[Token]) -> Option<(Date, usize)> {
    let mut seen: Vec<&Token> = Vec::new();
    for (at, token) in tokens.iter().enumerate().take(12) {
        match token {
            Token::Number(..) | Token::Month(_) => seen.push(token),
            _ if seen.is_empty() => return None,
            Token::Word(word) if is_filler(word) => {}
            Token::Sign('.' | ',' | '-' | '/' | 'º' | '°' | '\'' | '’') => {}
            _ => return None,
        }
        if let [first, second, third] = seen.as_slice() {
            return by_name(first, second, third).map(|date| (date, at + 1));
        }
    }
    None
}

/// Words between the parts of a date.
fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "de" | "del" | "of" | "the" | "st" | "nd" | "rd" | "th" | "er" | "ten" | "den" | "року"
    )
}

fn by_name(first: &Token, second: &Token, third: &Token) -> Option<Date> {
    let (day, month, year) = match (first, second, third) {
        (Token::Number(year, 4), Token::Month(month), Token::Number(day, 1 | 2)) => {
            (day, month, *year)
        }
        (Token::Number(day, 1 | 2), Token::Month(month), Token::Number(year, digits))
        | (Token::Month(month), Token::Number(day, 1 | 2), Token::Number(year, digits)) => {
            match digits {
                4 => (day, month, *year),
                2 => (day, month, century(*year)),
                _ => return None,
            }
        }
        _ => return None,
    };
    Date::new(year, *month, i8::try_from(*day).ok()?).ok()
}

/// A time among the tokens: `9:30`, `9:30:15 pm`, `09:30 UTC`, `09:30:00 +0200`.
fn time_of(tokens: &[Token]) -> Option<(Time, Option<Offset>)> {
    let at = tokens.windows(3).position(|three| {
        matches!(three, [Token::Number(_, 1 | 2), Token::Sign(':'), Token::Number(_, 2)])
    })?;
    let rest = tokens.get(at..)?;
    let (Some(Token::Number(hour, _)), Some(Token::Number(minute, _))) =
        (rest.first(), rest.get(2))
    else {
        return None;
    };
    let (second, behind) = match rest.get(3..) {
        Some([Token::Sign(':'), Token::Number(second, 2), behind @ ..]) => (*second, behind),
        Some(behind) => (0, behind),
        None => (0, &[][..]),
    };
    let (hour, behind) = half(*hour, behind);
    let small = |n: i16| i8::try_from(n).ok();
    let time = Time::new(small(hour)?, small(*minute)?, small(second)?, 0).ok()?;
    Some((time, offset_of(behind)))
}

/// The hour of a day of twice twelve.
fn half(hour: i16, behind: &[Token]) -> (i16, &[Token]) {
    match behind {
        [Token::Word(word), rest @ ..] if word == "pm" && hour < 12 => (hour + 12, rest),
        [Token::Word(word), rest @ ..] if word == "am" && hour == 12 => (0, rest),
        [Token::Word(word), rest @ ..] if word == "am" || word == "pm" => (hour, rest),
        _ => (hour, behind),
    }
}

fn offset_of(behind: &[Token]) -> Option<Offset> {
    let small = |n: i16| i32::from(n);
    let (sign, hours, minutes) = match behind {
        [Token::Word(zone), ..] if matches!(zone.as_str(), "utc" | "gmt" | "z") => {
            return Some(Offset::UTC);
        }
        [
            Token::Sign(sign @ ('+' | '-')),
            Token::Number(h, 2),
            Token::Sign(':'),
            Token::Number(m, 2),
            ..,
        ] => (sign, small(*h), small(*m)),
        [Token::Sign(sign @ ('+' | '-')), Token::Number(both, 4), ..] => {
            (sign, small(*both) / 100, small(*both) % 100)
        }
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60;
    Offset::from_seconds(if *sign == '-' { -seconds } else { seconds }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day_first(text: &str) -> Option<String> {
        read(text, &DateRule::default())
    }

    #[test]
    fn dates_of_many_languages_become_iso() {
        for text in [
            "2026-11-21",
            "2026/11/21",
            "21.11.2026",
            "21. 11. 2026.",
            "21/11/2026",
            "21-11-2026",
            "21.11.26",
            "Nov 21, 2026",
            "November 21st, 2026",
            "Saturday, 21 November 2026",
            "21. November 2026",
            "le 21 novembre 2026",
            "21 de noviembre de 2026",
            "21 novembre 2026",
            "21. novembar 2026.",
            "21. новембра 2026.",
            "21 листопада 2026 року",
            "21 ноября 2026 г.",
            "Published: 21 Nov. 2026 by us",
            "٢١/١١/٢٠٢٦",
            "2026 November 21",
        ] {
            assert_eq!(day_first(text).as_deref(), Some("2026-11-21"), "{text}");
        }
        for (text, date) in [
            ("1er août 2026", "2026-08-01"),
            ("3 mars 2026", "2026-03-03"),
            ("1 мая 2026", "2026-05-01"),
            ("31. März 1999", "1999-03-31"),
            ("1/2/70", "1970-02-01"),
        ] {
            assert_eq!(day_first(text).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn times_and_offsets_are_kept_as_given() {
        for (text, date) in [
            ("2026-11-21T09:30:00Z", "2026-11-21T09:30:00Z"),
            ("2026-11-21T09:30:00+01:00", "2026-11-21T09:30:00+01:00"),
            ("2026-11-21 09:30", "2026-11-21T09:30:00"),
            ("21.11.2026 u 9:30", "2026-11-21T09:30:00"),
            ("Nov 21, 2026 at 9:30 PM", "2026-11-21T21:30:00"),
            ("12:05 am, 21 Nov 2026", "2026-11-21T00:05:00"),
            ("Sat, 21 Nov 2026 09:30:15 GMT", "2026-11-21T09:30:15Z"),
            ("Sat, 21 Nov 2026 09:30:15 -0530", "2026-11-21T09:30:15-05:30"),
        ] {
            assert_eq!(day_first(text).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn the_order_of_day_and_month_is_the_languages_unless_only_one_can_be() {
        let american = DateRule { month_first: true, ..DateRule::default() };
        assert_eq!(read("3/4/2026", &american).as_deref(), Some("2026-03-04"));
        assert_eq!(day_first("3/4/2026").as_deref(), Some("2026-04-03"));
        assert_eq!(read("13/2/2026", &american).as_deref(), Some("2026-02-13"));
        assert_eq!(day_first("2/13/2026").as_deref(), Some("2026-02-13"));
        assert_eq!(day_first("2.13.2026"), None);
    }

    #[test]
    fn what_is_no_whole_date_is_none() {
        for text in ["", "yesterday", "21 November", "30.2.2026", "2026", "1.2.3.4", "3 rooms, 45"]
        {
            assert_eq!(day_first(text), None, "{text}");
        }
    }

    #[test]
    fn a_format_is_held_to_exactly() {
        let rule = |format: &str| DateRule { format: Some(format.to_owned()), month_first: false };
        assert_eq!(read("26|11|21", &rule("%y|%m|%d")).as_deref(), Some("2026-11-21"));
        let with_time = rule("%Y%m%d %H%M");
        assert_eq!(read("20261121 0930", &with_time).as_deref(), Some("2026-11-21T09:30:00"));
        assert_eq!(read("21.11.2026", &with_time), None);
        assert_eq!(check_format("%d.%m.%Y"), Ok(()));
        for bad in ["%d.%m", "nonsense", "%Q%"] {
            assert!(check_format(bad).is_err(), "{bad}");
        }
    }
}
