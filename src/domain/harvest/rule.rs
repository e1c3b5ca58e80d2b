//! Which queries can show something new, and which cannot.
//!
//! An endpoint shows at most its cap of tips. A query that got fewer was shown all that match it.
//! If tips match that begin with the query, then every query that begins with this one can show
//! nothing new; if tips match that contain it, then every query that contains it cannot. So a query
//! is worth asking only if those it contains came back full. Nothing is lost by this as long as
//! the endpoint does match like that, which the proofs watch.

use serde::{Deserialize, Serialize};

/// Which tips an endpoint finds for a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matcher {
    /// Those that begin with it, or one of whose words does.
    Prefix,
    /// Those that contain it.
    Infix,
}

/// Which queries of one letter less must have come back full for a query to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// None: every combination is asked.
    Every,
    /// The one without the last letter.
    Prefix,
    /// The one without the first letter.
    Suffix,
    /// Both of them.
    Both,
}

/// An end of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// What remains without the last letter.
    Prefix,
    /// What remains without the first letter.
    Suffix,
}

/// A query of one letter more than a full one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Its text.
    pub text: String,
    /// The other query that must have come back full.
    pub sibling: Option<String>,
}

impl Rule {
    /// The strongest rule that a matcher allows when texts stand before or after the letters: with
    /// a text before them, what remains without the first letter is no part of the query.
    #[must_use]
    pub fn fitting(matcher: Option<Matcher>, before: bool, after: bool) -> Self {
        match (matcher, before, after) {
            (Some(Matcher::Infix), false, false) => Self::Both,
            (Some(_), _, false) => Self::Prefix,
            (Some(Matcher::Infix), false, true) => Self::Suffix,
            _ => Self::Every,
        }
    }

    /// The rule that remains when it is found wrong to go by this end.
    #[must_use]
    pub fn without(self, end: End) -> Self {
        if self == Self::Both && end == End::Suffix { Self::Prefix } else { Self::Every }
    }

    /// The ends that it goes by.
    #[must_use]
    pub fn ends(self) -> &'static [End] {
        match self {
            Self::Every => &[],
            Self::Prefix => &[End::Prefix],
            Self::Suffix => &[End::Suffix],
            Self::Both => &[End::Prefix, End::Suffix],
        }
    }

    /// What a full query makes possible, each text once.
    pub(super) fn candidates(self, full: &str, letters: &[char]) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        for end in self.ends() {
            for letter in letters {
                let text = end.grow(full, *letter);
                let sibling = (self == Self::Both).then(|| end.other().of(&text));
                // Only a text of one letter throughout grows to the same at both ends.
                if *end == End::Prefix || sibling.as_deref() != Some(full) {
                    found.push(Candidate { text, sibling });
                }
            }
        }
        found
    }
}

impl End {
    /// What remains of a text when the letter at the other end is cut.
    #[must_use]
    pub fn of(self, text: &str) -> String {
        let mut letters = text.chars();
        match self {
            Self::Prefix => letters.next_back(),
            Self::Suffix => letters.next(),
        };
        letters.as_str().to_owned()
    }

    /// The text of which this one is that end.
    #[must_use]
    pub fn grow(self, text: &str, letter: char) -> String {
        let mut grown = String::with_capacity(text.len() + letter.len_utf8());
        match self {
            Self::Prefix => grown.extend(text.chars().chain([letter])),
            Self::Suffix => grown.extend([letter].into_iter().chain(text.chars())),
        }
        grown
    }

    fn other(self) -> Self {
        match self {
            Self::Prefix => Self::Suffix,
            Self::Suffix => Self::Prefix,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(rule: Rule, full: &str) -> Vec<(String, Option<String>)> {
        let found = rule.candidates(full, &['a', 'ї']).into_iter();
        found.map(|candidate| (candidate.text, candidate.sibling)).collect()
    }

    fn pair(text: &str, sibling: Option<&str>) -> (String, Option<String>) {
        (text.to_owned(), sibling.map(str::to_owned))
    }

    #[test]
    fn a_full_query_grows_at_the_ends_that_its_rule_goes_by() {
        assert_eq!(candidates(Rule::Every, "xї"), []);
        assert_eq!(candidates(Rule::Prefix, "xї"), [pair("xїa", None), pair("xїї", None)]);
        assert_eq!(candidates(Rule::Suffix, "xї"), [pair("axї", None), pair("їxї", None)]);
        let both = [
            pair("xїa", Some("їa")),
            pair("xїї", Some("її")),
            pair("axї", Some("ax")),
            pair("їxї", Some("їx")),
        ];
        assert_eq!(candidates(Rule::Both, "xї"), both);
    }

    #[test]
    fn a_text_of_one_letter_throughout_grows_to_itself_once() {
        let both = [pair("aaa", Some("aa")), pair("aaї", Some("aї")), pair("їaa", Some("їa"))];
        assert_eq!(candidates(Rule::Both, "aa"), both);
    }

    #[test]
    fn texts_around_the_letters_weaken_the_rule() {
        use Matcher::{Infix, Prefix};
        for (matcher, before, after, rule) in [
            (Some(Infix), false, false, Rule::Both),
            (Some(Infix), true, false, Rule::Prefix),
            (Some(Infix), false, true, Rule::Suffix),
            (Some(Infix), true, true, Rule::Every),
            (Some(Prefix), false, false, Rule::Prefix),
            (Some(Prefix), true, false, Rule::Prefix),
            (Some(Prefix), false, true, Rule::Every),
            (None, false, false, Rule::Every),
        ] {
            assert_eq!(Rule::fitting(matcher, before, after), rule, "{matcher:?}");
        }
    }
}
