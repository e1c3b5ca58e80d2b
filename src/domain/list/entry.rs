//! One URL as people write it in a list.

use super::MAX_LINE;
use crate::domain::job::Root;

/// Characters of a bad entry that are shown.
const SHOWN: usize = 80;

/// The URL that this text means; `None` when it says nothing (blank, or a comment). `cut`: there was
/// more of it than is kept.
pub(super) fn read_unless(cut: bool, text: &str) -> Option<Result<Root, String>> {
    let text = text.trim();
    if cut {
        return Some(Err(format!("longer than {MAX_LINE} bytes: no URL is that long")));
    }
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    Some(url(text))
}

/// The same of a line, which holds one URL and nothing else. (In a cell of a table a URL may have
/// blanks in it.)
pub(super) fn read_line_unless(cut: bool, text: &str) -> Option<Result<Root, String>> {
    let read = read_unless(cut, text)?;
    let text = text.trim();
    let meant = !cut && (read.is_ok() || text.contains("://"));
    if meant && text.contains(char::is_whitespace) {
        return Some(Err(format!("'{}' has a blank in it: one URL a line", shown(text))));
    }
    Some(read)
}

fn url(text: &str) -> Result<Root, String> {
    if text.contains('\u{fffd}') {
        return Err(format!("'{}' is not UTF-8; save the list as UTF-8", shown(text)));
    }
    if !text.contains("://") {
        if let Some(scheme) = scheme(text) {
            return Err(format!("scheme '{scheme}' is neither http nor https"));
        }
        if !names_a_host(text) {
            let text = shown(text);
            return Err(format!("'{text}' is no URL; if it is a host write https://{text}/"));
        }
    }
    let root = Root::parse(text).map_err(|error| format!("'{}': {error}", shown(text)))?;
    if has_login(text) {
        // Not shown: it is a secret.
        return Err("a login in a URL is not taken from a list; set username and password_file \
                    under [hosts] instead"
            .to_owned());
    }
    Ok(root)
}

/// Has the URL a login between `//` and its host?
fn has_login(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or(rest);
    authority.contains('@')
}

/// The scheme of a URL without `//`, as in `mailto:a@b.example`. A port is none.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'));
    let port = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    (named && !is_port).then_some(scheme)
}

/// Does a text without a scheme begin with what can only be a host? A mere word is none.
fn names_a_host(text: &str) -> bool {
    let host = text.split(['/', '?', '#']).next().unwrap_or(text);
    let plain = !host.contains(char::is_whitespace);
    plain && (host.trim_matches('.').contains('.') || host.contains(':') || host == "localhost")
}

/// The text, not too much of it, and nothing that might be a login.
fn shown(text: &str) -> String {
    let safe = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    let safe = &safe.replace(char::is_control, "?");
    match safe.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}...", safe.get(..at).unwrap_or(safe)),
        None => safe.clone(),
    }
}
