//! The letters that queries are put together from.

use std::collections::HashSet;
use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

/// Most letters of an alphabet.
pub const MOST_LETTERS: usize = 4096;

/// Alphabets that have a name, written `{name}`.
const NAMED: [(&str, &str); 5] = [
    ("latin", "abcdefghijklmnopqrstuvwxyz"),
    ("digits", "0123456789"),
    ("cyrillic", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
    ("ukrainian", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"),
    ("space", " "),
];

/// Letters in the order given, each once; never empty, at most [`MOST_LETTERS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alphabet(Vec<char>);

/// Why a text is no alphabet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlphabetError {
    /// No letter at all.
    Empty,
    /// A range from a later character to an earlier one.
    Backwards(char, char),
    /// `{name}` with a name that is not known.
    Unknown(String),
    /// `{` without `}`.
    Unclosed,
    /// A `\` at the end.
    Escape,
    /// A control character, which no query can hold.
    Control(char),
    /// More than [`MOST_LETTERS`].
    Large,
}

impl fmt::Display for AlphabetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the alphabet is empty: give letters such as a-z0-9"),
            Self::Backwards(from, to) => {
                write!(f, "the range {from}-{to} runs backwards: write {to}-{from}")
            }
            Self::Unknown(name) => {
                let names: Vec<_> = NAMED.iter().map(|(name, _)| format!("{{{name}}}")).collect();
                write!(f, "no alphabet is called {name:?}: there are {}", names.join(" "))
            }
            Self::Unclosed => f.write_str("a { without }: write \\{ for the brace itself"),
            Self::Escape => f.write_str("a \\ at the end: write \\\\ for the backslash itself"),
            Self::Control(c) => write!(f, "the control character {c:?} cannot be a letter"),
            Self::Large => write!(f, "the alphabet has more than {MOST_LETTERS} letters"),
        }
    }
}

impl std::error::Error for AlphabetError {}

impl Alphabet {
    /// Reads ranges (`a-z`), single letters, names (`{ukrainian}`) and escapes (`\-`, `\{`, `\\`),
    /// mixed in one text; a `-` at an end, or after a range, is itself. With `fold`, letters
    /// become lower case. Every character counts, a space too.
    ///
    /// # Errors
    /// When the text means no alphabet; the message is one line with the mend.
    pub fn parse(text: &str, fold: bool) -> Result<Self, AlphabetError> {
        let mut letters = Vec::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '{' => letters.extend(named(&mut rest)?.chars()),
                c => {
                    let from = literal(c, &mut rest)?;
                    match range_end(&mut rest)? {
                        Some(to) => range(from, to, &mut letters)?,
                        None => letters.push(from),
                    }
                }
            }
            if letters.len() > 2 * MOST_LETTERS {
                return Err(AlphabetError::Large);
            }
        }
        Self::new(letters, fold)
    }

    /// Letters one by one: duplicates are dropped, the order stays.
    ///
    /// # Errors
    /// When there is none, one cannot be asked, or there are more than [`MOST_LETTERS`].
    pub fn new(letters: impl IntoIterator<Item = char>, fold: bool) -> Result<Self, AlphabetError> {
        let mut seen = HashSet::new();
        let mut kept = Vec::new();
        for letter in letters {
            let letter = if fold { lower(letter) } else { letter };
            if letter.is_control() {
                return Err(AlphabetError::Control(letter));
            }
            if seen.insert(letter) {
                kept.push(letter);
            }
        }
        match kept.len() {
            0 => Err(AlphabetError::Empty),
            1..=MOST_LETTERS => Ok(Self(kept)),
            _ => Err(AlphabetError::Large),
        }
    }

    /// The letters, in order.
    #[must_use]
    pub fn letters(&self) -> &[char] {
        &self.0
    }
}

/// The lower case of a letter, if that is one letter; else the letter itself.
#[must_use]
pub(super) fn lower(letter: char) -> char {
    let mut lower = letter.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => letter,
    }
}

/// The letters of the name that stands before the next `}`.
fn named(rest: &mut Peekable<Chars<'_>>) -> Result<&'static str, AlphabetError> {
    let mut name = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some(c) => name.push(c),
            None => return Err(AlphabetError::Unclosed),
        }
    }
    let found = NAMED.iter().find(|(known, _)| *known == name);
    found.map(|(_, letters)| *letters).ok_or(AlphabetError::Unknown(name))
}

/// The letter that a character, or the `\` that it is, stands for.
fn literal(c: char, rest: &mut Peekable<Chars<'_>>) -> Result<char, AlphabetError> {
    if c == '\\' { rest.next().ok_or(AlphabetError::Escape) } else { Ok(c) }
}

/// The end of a range, when a `-` follows that is not the last character nor before a name.
fn range_end(rest: &mut Peekable<Chars<'_>>) -> Result<Option<char>, AlphabetError> {
    let mut ahead = rest.clone();
    if ahead.next() != Some('-') || ahead.peek().is_none_or(|c| *c == '{') {
        return Ok(None);
    }
    rest.next();
    rest.next().map(|c| literal(c, rest)).transpose()
}

fn range(from: char, to: char, letters: &mut Vec<char>) -> Result<(), AlphabetError> {
    if from > to {
        return Err(AlphabetError::Backwards(from, to));
    }
    if (from..=to).nth(MOST_LETTERS).is_some() {
        return Err(AlphabetError::Large);
    }
    letters.extend(from..=to);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, AlphabetError> {
        Alphabet::parse(text, false).map(|alphabet| alphabet.letters().iter().collect())
    }

    #[test]
    fn ranges_letters_and_names_mix_in_the_order_given() {
        assert_eq!(read("a-z0-9").unwrap(), "abcdefghijklmnopqrstuvwxyz0123456789");
        assert_eq!(read("x-zc ").unwrap(), "xyzc ");
        let ukrainian = read("а-яіїєґ").unwrap();
        assert_eq!(ukrainian.chars().count(), 36, "32 from а to я, four more");
        assert!(ukrainian.starts_with("абв") && ukrainian.ends_with("іїєґ"));
        assert_eq!(read("{ukrainian}").unwrap().chars().count(), 33);
        assert_eq!(read("0{space}{digits}{latin}").unwrap().len(), 37);
    }

    #[test]
    fn a_hyphen_at_an_end_or_escaped_is_itself() {
        assert_eq!(read("-a").unwrap(), "-a");
        assert_eq!(read("a-").unwrap(), "a-");
        assert_eq!(read("a-c-e").unwrap(), "abc-e");
        assert_eq!(read(r"a\-c").unwrap(), "a-c");
        assert_eq!(read(r"\{\\").unwrap(), r"{\");
        assert_eq!(read("--/").unwrap(), "-./");
        assert_eq!(read("a-{digits}").unwrap(), "a-0123456789");
    }

    #[test]
    fn duplicates_are_dropped_and_case_is_folded_on_demand() {
        assert_eq!(read("banana").unwrap(), "ban");
        assert_eq!(read("aA").unwrap(), "aA");
        let folded = Alphabet::parse("A-CЇaї", true).unwrap();
        assert_eq!(folded.letters(), ['a', 'b', 'c', 'ї']);
        let several = Alphabet::parse("İ", true).unwrap();
        assert_eq!(several.letters(), ['İ'], "its lower case is two characters");
    }

    #[test]
    fn what_is_no_alphabet_is_said_in_one_line_with_the_mend() {
        let wrong = [
            ("", "empty"),
            ("z-a", "write a-z"),
            ("{klingon}", "{ukrainian}"),
            ("{latin", r"\{"),
            ("ab\\", r"\\"),
            ("a\u{7}", "control"),
            ("\u{0}-a", "control"),
            ("\u{4e00}-\u{9fff}", "more than"),
        ];
        for (text, mend) in wrong {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(mend), "{text:?}: {message}");
            assert!(!message.contains('\n') && !message.chars().any(char::is_control));
        }
    }
}
