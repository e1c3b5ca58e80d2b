//! Numbers as people write them: `1.234,56 €`, `12 500`, `1'234.50`, `١٢٣٫٥`.

use serde_json::{Number, Value};

use super::locale::Locale;

/// A longer number is none.
const MOST_DIGITS: usize = 40;

/// A number within a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure<'a> {
    /// The number, digits only: `-1234.5`.
    pub(super) text: String,
    /// What stands before it.
    pub(super) before: &'a str,
    /// What stands behind it.
    pub(super) behind: &'a str,
}

impl Figure<'_> {
    /// As JSON: whole where there is no fraction but zeros.
    pub(super) fn value(&self) -> Option<Value> {
        let whole = match self.text.split_once('.') {
            Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole,
            Some(_) => return self.text.parse().ok().and_then(Number::from_f64).map(Value::Number),
            None => &self.text,
        };
        match (whole.parse::<i64>(), whole.parse::<u64>()) {
            (Ok(number), _) => Some(number.into()),
            (_, Ok(number)) => Some(number.into()),
            _ => whole.parse().ok().and_then(Number::from_f64).map(Value::Number),
        }
    }
}

/// What a single mark with three digits behind it is when nothing else tells: `1.234`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lone {
    /// The mark of a group: prices and counts have no thousandths.
    Group,
    /// A point is decimal, a comma is not.
    Point,
}

/// The first number of a text; `None` when there is none, or its marks make no sense.
pub(super) fn figure<'a>(text: &'a str, locale: &Locale, lone: Lone) -> Option<Figure<'a>> {
    let start = text.char_indices().find(|(_, c)| digit(*c).is_some())?.0;
    let point = text.get(..start)?.chars().next_back().filter(|c| matches!(c, '.' | ',' | '٫'));
    let before_point = start - point.map_or(0, char::len_utf8);
    // `.99`, but not the full stop of a sentence or of an abbreviation before a number.
    let bare = point.is_some() && text.get(..before_point)?.ends_with(outside);
    let bare = bare || (point.is_some() && before_point == 0);
    let parts = Parts::read(text.get(start..)?)?;
    let start = if bare { before_point } else { start };
    let (whole, fraction) = if bare {
        (!parts.groups.iter().any(|(mark, _)| mark.is_some())).then_some(())?;
        ("0".to_owned(), parts.all())
    } else {
        parts.split(locale, lone)?
    };
    let (before, minus) = sign(text.get(..start)?);
    let mut number = String::from(if minus { "-" } else { "" });
    let trimmed = whole.trim_start_matches('0');
    number.push_str(if trimmed.is_empty() { "0" } else { trimmed });
    if !fraction.is_empty() {
        number.push('.');
        number.push_str(&fraction);
    }
    let behind = text.get(parts.end + if bare { before_point + 1 } else { start }..);
    Some(Figure { text: number, before, behind: behind.unwrap_or_default() })
}

/// May a number start behind this character?
fn outside(c: char) -> bool {
    c.is_whitespace() || (!c.is_alphanumeric() && !matches!(c, '.' | ','))
}

/// Takes the sign from the end of what stands before a number: `-5`, `-$5`, `€ −5`, not `A-5`.
fn sign(before: &str) -> (&str, bool) {
    let minus = ['-', '\u{2212}', '\u{2012}'];
    let is_minus = |rest: &str| rest.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
    if let Some(rest) = before.strip_suffix(minus) {
        return if is_minus(rest) { (rest, true) } else { (before, false) };
    }
    let unsigned = before.trim_end_matches(|c: char| "$€£¥₴₽₹".contains(c) || c == ' ');
    let negative = unsigned.len() < before.len()
        && !before.ends_with(' ')
        && unsigned.strip_suffix(minus).is_some_and(is_minus);
    (before, negative)
}

/// The value of a decimal digit of any script in use.
pub(super) fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 6] = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xff10];
    let zero = ZEROS.into_iter().find(|zero| (*zero..zero + 10).contains(&u32::from(c)))?;
    char::from_digit(u32::from(c) - zero, 10)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// One mark for all that mean the same.
fn mark(c: char) -> Option<char> {
    match c {
        '.' | ',' => Some(c),
        '٫' => Some('٫'),
        '٬' | '\'' | '\u{2019}' => Some('\''),
        c if is_space(c) => Some(' '),
        _ => None,
    }
}

/// Groups of digits, each with the mark before it.
struct Parts {
    groups: Vec<(Option<char>, String)>,
    /// Where the number ends.
    end: usize,
}

impl Parts {
    /// Reads from a digit on.
    fn read(text: &str) -> Option<Self> {
        let mut groups = vec![(None, String::new())];
        let (mut end, mut digits) = (0, 0);
        for (at, c) in text.char_indices() {
            if let Some(digit) = digit(c) {
                digits += 1;
                if digits > MOST_DIGITS {
                    return None;
                }
                groups.last_mut()?.1.push(digit);
                end = at + c.len_utf8();
                continue;
            }
            let Some(mark) = mark(c) else { break };
            let rest = text.get(at + c.len_utf8()..)?;
            let follows = rest.chars().take_while(|c| digit(*c).is_some()).count();
            let is_group = follows == 3 && groups.last()?.1.len() <= 3;
            if follows == 0 || (mark == ' ' && !is_group) {
                break;
            }
            groups.push((Some(mark), String::new()));
        }
        Some(Self { groups, end })
    }

    /// All digits.
    fn all(&self) -> String {
        self.groups.iter().map(|(_, digits)| digits.as_str()).collect()
    }

    /// The digits before and behind the mark of the fraction.
    fn split(&self, locale: &Locale, lone: Lone) -> Option<(String, String)> {
        let marks: Vec<char> = self.groups.iter().filter_map(|(mark, _)| *mark).collect();
        let Some(last) = marks.last().copied() else { return Some((self.all(), String::new())) };
        let fraction = match locale.decimal {
            _ if last == '٫' => true,
            Some(decimal) => last == decimal,
            None => self.ends_in_fraction(&marks, last, lone),
        };
        let (whole, behind) = if fraction {
            let (behind, whole) = self.groups.split_last()?;
            (whole, behind.1.clone())
        } else {
            (self.groups.as_slice(), String::new())
        };
        grouped(whole, locale)
            .then(|| (whole.iter().map(|(_, digits)| digits.as_str()).collect(), behind))
    }

    /// Is the last mark that of a fraction, as far as the number itself tells?
    fn ends_in_fraction(&self, marks: &[char], last: char, lone: Lone) -> bool {
        if !matches!(last, '.' | ',') {
            return false;
        }
        if marks.len() > 1 {
            return marks.iter().filter(|mark| **mark == last).count() == 1;
        }
        let digits = |at: usize| self.groups.get(at).map(|(_, digits)| digits.as_str());
        let three = digits(1).is_some_and(|digits| digits.len() == 3);
        let (short, zero) = digits(0).map_or((false, false), |d| (d.len() <= 3, d == "0"));
        !(three && short && !zero && (last == ',' || lone == Lone::Group))
    }
}

/// Are the digits before a fraction grouped as they should be: one mark, three digits in the last
/// group, two (in India) or three in those between?
fn grouped(whole: &[(Option<char>, String)], locale: &Locale) -> bool {
    let Some(((_, first), rest)) = whole.split_first() else { return false };
    let Some((Some(mark), last)) = rest.last() else { return true };
    let allowed = match (locale.group, locale.decimal) {
        (Some(group), _) => *mark == group,
        (None, Some(decimal)) => *mark != decimal,
        (None, None) => true,
    };
    allowed
        && first.len() <= 3
        && last.len() == 3
        && rest.iter().all(|(m, digits)| *m == Some(*mark) && matches!(digits.len(), 2 | 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, locale: &str, lone: Lone) -> Option<String> {
        let locale = Locale::named(locale).unwrap_or_default();
        Some(figure(text, &locale, lone)?.value()?.to_string())
    }

    #[test]
    fn a_number_tells_its_marks_itself_where_it_can() {
        for (text, number) in [
            ("1.234,56 €", "1234.56"),
            ("1 234,56", "1234.56"),
            ("$1,234.56", "1234.56"),
            ("12 500 EUR", "12500"),
            ("1'234.50", "1234.5"),
            ("1’234’567.–", "1234567"),
            ("١٢٣٫٥", "123.5"),
            ("١٬٢٣٤", "1234"),
            ("۱۲", "12"),
            ("1.234.567", "1234567"),
            ("12,34,567.8", "1234567.8"),
            ("0.125", "0.125"),
            ("0,5", "0.5"),
            ("12,00", "12"),
            ("-5", "-5"),
            ("-$5.25", "-5.25"),
            ("€ \u{2212}5", "-5"),
            ("A-5", "5"),
            ("2-3 rooms", "2"),
            (".99", "0.99"),
            ("only .5 left", "0.5"),
            ("No.7", "7"),
            ("007", "7"),
            ("3 rooms, 45 m²", "3"),
            ("18446744073709551615", "18446744073709551615"),
            ("0.1", "0.1"),
            ("1234.5678", "1234.5678"),
            ("1\u{a0}250\u{202f}000", "1250000"),
        ] {
            assert_eq!(read(text, "", Lone::Point).as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn a_lone_mark_with_three_digits_is_told_by_what_is_asked_for_or_by_the_language() {
        let lone = |text, locale, lone| read(text, locale, lone);
        assert_eq!(lone("1.234", "", Lone::Point).as_deref(), Some("1.234"));
        assert_eq!(lone("1.234", "", Lone::Group).as_deref(), Some("1234"));
        assert_eq!(lone("1,234", "", Lone::Point).as_deref(), Some("1234"));
        assert_eq!(lone("1.234", "de", Lone::Point).as_deref(), Some("1234"));
        assert_eq!(lone("1,234", "de", Lone::Group).as_deref(), Some("1.234"));
        assert_eq!(lone("1.234", "en", Lone::Group).as_deref(), Some("1.234"));
        assert_eq!(lone("1 234,5", "fr", Lone::Point).as_deref(), Some("1234.5"));
    }

    #[test]
    fn what_makes_no_sense_is_no_number() {
        for text in ["", "none", "€", "1.2.3", "1,2,3", "1.23.456,7.8", &"9".repeat(41)] {
            assert_eq!(read(text, "", Lone::Point), None, "{text}");
        }
        assert_eq!(read("1.234,56", "en", Lone::Point), None, "a language is held to its marks");
        assert_eq!(read("12.50", "de", Lone::Point), None);
    }

    #[test]
    fn what_stands_beside_a_number_is_told() {
        let locale = Locale::default();
        let found = figure("from € 1.200,50 / month", &locale, Lone::Group).unwrap();
        assert_eq!((found.before, found.behind), ("from € ", " / month"));
        let found = figure("abc .5x", &locale, Lone::Group).unwrap();
        assert_eq!((found.before, found.behind), ("abc ", "x"));
    }
}
