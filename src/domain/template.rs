//! What URLs of one kind have in common: their text with numbers, dates, tokens and the values of
//! the query left out. A site that never ends mostly has few templates.

use xxhash_rust::xxh3::xxh3_64;

/// A template is cut to so many bytes for people; its key is made of the whole.
const SHOWN: usize = 300;
/// Letters and digits of which this many alternate are no word.
const ALTERNATIONS: usize = 3;
/// Hexadecimal digits of which so many in a row, letters and digits mixed, are no word.
const HEX: usize = 8;
/// Letters and digits of which so many in a row, mixed, are no word.
const TOKEN: usize = 16;

/// The template of a URL that has something to leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// xxh3 of the whole text.
    pub key: i64,
    /// `example.org/calendar/{n}/{n}?view`, for people.
    pub text: String,
}

/// The template of a canonical URL; `None` when its path has nothing to leave out and it has no
/// query: such a URL is the only one of its kind.
#[must_use]
pub fn template(url: &str) -> Option<Template> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (authority, rest) = rest.split_at(rest.find('/')?);
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    if query.is_none() && !path.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut text = String::with_capacity(url.len() + 16);
    text.push_str(authority);
    let varies = leave_out(path, &mut text);
    if let Some(query) = query {
        add_names(query, &mut text);
    } else if !varies {
        return None;
    }
    let key = xxh3_64(text.as_bytes()).cast_signed();
    let cut = text.floor_char_boundary(SHOWN);
    text.truncate(cut);
    Some(Template { key, text })
}

/// The names of the query's parameters, in the order of the alphabet.
fn add_names(query: &str, to: &mut String) {
    let mut names: Vec<&str> = query
        .split('&')
        .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    to.push('?');
    for (at, name) in names.into_iter().enumerate() {
        if at > 0 {
            to.push('&');
        }
        leave_out(name, to);
    }
}

/// The shape of a UUID: groups of so many hexadecimal digits.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// The text after a UUID that it begins with.
fn after_uuid(text: &str) -> Option<&str> {
    let mut rest = text;
    for (at, digits) in UUID.into_iter().enumerate() {
        if at > 0 {
            rest = rest.strip_prefix('-')?;
        }
        let (group, after) = rest.split_at_checked(digits)?;
        rest = group.bytes().all(|b| b.is_ascii_hexdigit()).then_some(after)?;
    }
    (!rest.starts_with(|c: char| c.is_ascii_alphanumeric())).then_some(rest)
}

/// Copies a text without its numbers and tokens; escapes stay as they are. Was there any?
fn leave_out(text: &str, to: &mut String) -> bool {
    let mut varies = false;
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        if word == 0 {
            let escape = if rest.starts_with('%') { 3 } else { 1 };
            let end = rest.ceil_char_boundary(escape.min(rest.len()));
            let (kept, after) = rest.split_at(end);
            to.push_str(kept);
            rest = after;
            continue;
        }
        if let Some(after) = after_uuid(rest).filter(|_| word == UUID[0]) {
            to.push_str("{id}");
            varies = true;
            rest = after;
            continue;
        }
        let (word, after) = rest.split_at(word);
        varies |= leave_out_of_word(word, to);
        rest = after;
    }
    varies
}

/// Letters and digits: a number, a token, or a word that may have numbers in it.
fn leave_out_of_word(word: &str, to: &mut String) -> bool {
    if !word.bytes().any(|b| b.is_ascii_digit()) {
        to.push_str(word);
        return false;
    }
    if is_token(word) {
        to.push_str("{id}");
        return true;
    }
    let mut in_number = false;
    for c in word.chars() {
        if !c.is_ascii_digit() {
            to.push(c);
        } else if !in_number {
            to.push_str("{n}");
        }
        in_number = c.is_ascii_digit();
    }
    true
}

/// Is this an identifier made by a machine, letters and digits mixed?
fn is_token(word: &str) -> bool {
    let bytes = word.as_bytes();
    if bytes.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let hex = bytes.len() >= HEX && bytes.iter().all(u8::is_ascii_hexdigit);
    let turns = bytes
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_digit() != b.is_ascii_digit()))
        .count();
    hex || bytes.len() >= TOKEN || turns >= ALTERNATIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(url: &str) -> Option<String> {
        template(url).map(|template| template.text)
    }

    #[test]
    fn numbers_dates_ids_and_tokens_are_left_out() {
        for (url, expected) in [
            ("http://h.test/2024/05/17", "h.test/{n}/{n}/{n}"),
            ("http://h.test:81/calendar-2024-05.html", "h.test:81/calendar-{n}-{n}.html"),
            ("http://h.test/page2/", "h.test/page{n}/"),
            ("http://h.test/u/3f2b8c1e-1d2c-4b5a-9e8f-001122334455", "h.test/u/{id}"),
            ("http://h.test/s/a8f3k2/x", "h.test/s/{id}/x"),
            ("http://h.test/c/deadbeef01", "h.test/c/{id}"),
            ("http://h.test/x;jsessionid=0A1B2C3D4E5F60718293", "h.test/x;jsessionid={id}"),
        ] {
            assert_eq!(text(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn of_a_query_the_names_stay_in_one_order_and_the_values_go() {
        assert_eq!(text("http://h.test/p?b=2&a=x").as_deref(), Some("h.test/p?a&b"));
        assert_eq!(text("https://h.test/p?a=7&b=").as_deref(), Some("h.test/p?a&b"));
        assert_eq!(
            text("http://h.test/p?f[0]=1&f[1]=2").as_deref(),
            Some("h.test/p?f[{n}]&f[{n}]")
        );
        assert_eq!(text("http://h.test/?").as_deref(), Some("h.test/?"));
    }

    #[test]
    fn words_stay_apart_in_every_script() {
        assert_eq!(text("http://h.test/about/team"), None);
        assert_eq!(text("http://h.test/wiki/%D0%9F%D1%80"), None, "escapes are no numbers");
        assert_ne!(template("http://h.test/a/1"), template("http://h.test/b/1"));
        assert_ne!(template("http://h.test/a/1"), template("http://i.test/a/1"));
    }

    #[test]
    fn a_key_is_of_the_whole_and_the_text_is_cut() {
        let long = format!("http://h.test/1/{}", "w".repeat(400));
        let (one, two) = (template(&format!("{long}a")), template(&format!("{long}b")));
        let (one, two) = (one.expect("varies"), two.expect("varies"));
        assert_eq!((one.text.len(), &one.text), (SHOWN, &two.text));
        assert_ne!(one.key, two.key);
    }
}
