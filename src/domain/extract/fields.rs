//! Header fields and `meta` contents: `Link`, `Refresh`, `X-Robots-Tag`, `Content-Type`.

use crate::domain::link::LinkKind;

/// What the words of a `rel` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rel {
    /// The kind of a `link` with these words, if it is one that counts.
    pub(super) kind: Option<LinkKind>,
    /// Is `nofollow` among them?
    pub(super) nofollow: bool,
}

impl Rel {
    /// Reads space-separated words, in any case of letters. Of several kinds canonical wins, then
    /// next, prev, alternate; an alternate style sheet is none.
    pub(super) fn parse(words: &str) -> Self {
        let has = |wanted: &str| {
            words.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(wanted))
        };
        let kind = if has("canonical") {
            Some(LinkKind::Canonical)
        } else if has("next") {
            Some(LinkKind::Next)
        } else if has("prev") || has("previous") {
            Some(LinkKind::Prev)
        } else if has("alternate") && !has("stylesheet") {
            Some(LinkKind::Alternate)
        } else {
            None
        };
        Self { kind, nofollow: has("nofollow") }
    }
}

/// What a page asks of robots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Directives {
    /// Its links are not to be followed.
    pub(super) nofollow: bool,
    /// It is not to be indexed.
    pub(super) noindex: bool,
}

impl Directives {
    fn word(&mut self, word: &str) {
        let is = |wanted: &str| word.eq_ignore_ascii_case(wanted);
        self.nofollow |= is("nofollow") || is("none");
        self.noindex |= is("noindex") || is("none");
    }

    /// Adds the words of a `<meta name="robots" content>`.
    pub(super) fn add_meta(&mut self, content: &str) {
        for word in content.split(|c: char| c == ',' || c.is_whitespace()) {
            self.word(word);
        }
    }

    /// Adds an `X-Robots-Tag`. `agent: words` holds for that agent only, up to the next `agent:`.
    pub(super) fn add_header(&mut self, value: &str, agent: &str) {
        let mut for_us = true;
        for part in value.split(',') {
            let word = match part.split_once(':') {
                Some((name, word)) if !has_argument(name.trim()) => {
                    let name = name.trim();
                    for_us = name == "*" || name.eq_ignore_ascii_case(agent);
                    word
                }
                _ => part,
            };
            if for_us {
                self.word(word.trim());
            }
        }
    }
}

/// Is it a directive of the form `name: value`, so no agent?
fn has_argument(name: &str) -> bool {
    ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// The URL of a `Refresh` header or `<meta http-equiv=refresh>` (WHATWG HTML, "shared declarative
/// refresh steps"); empty for one that reloads the page itself.
pub(super) fn refresh_url(content: &str) -> Option<&str> {
    let content = content.trim_start();
    if !content.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let rest = content.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !rest.starts_with(|c: char| matches!(c, ';' | ',') || c.is_ascii_whitespace()) {
        return None;
    }
    let rest = rest.trim_start();
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_start();
    let url = after_url(rest).unwrap_or(rest);
    let url = match url.chars().next() {
        Some(quote @ ('"' | '\'')) => url.split(quote).nth(1).unwrap_or_default(),
        _ => url,
    };
    Some(url.trim())
}

/// What follows `url =`.
fn after_url(text: &str) -> Option<&str> {
    let (word, rest) = text.split_at_checked(3)?;
    if !word.eq_ignore_ascii_case("url") {
        return None;
    }
    rest.trim_start().strip_prefix('=').map(str::trim_start)
}

/// The links of a `Link` header (RFC 8288) as (reference, rel). Links with an `anchor`, which are
/// about another document, are left out.
pub(super) fn links(value: &str) -> impl Iterator<Item = (&str, Rel)> {
    split_quoted(value, ',').filter_map(|link| {
        let (reference, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let mut rel = None;
        for parameter in split_quoted(parameters, ';') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.trim() {
                name if name.eq_ignore_ascii_case("anchor") => return None,
                name if name.eq_ignore_ascii_case("rel") => {
                    // The first one counts.
                    rel = rel.or(Some(value.trim().trim_matches('"')));
                }
                _ => {}
            }
        }
        Some((reference.trim(), Rel::parse(rel?)))
    })
}

/// Splits outside of `"..."` and `<...>`.
fn split_quoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut angled, mut escaped) = (false, false, false);
    text.split(move |c| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '\\' if quoted => escaped = true,
            '"' if !angled => quoted = !quoted,
            '<' if !quoted => angled = true,
            '>' if !quoted => angled = false,
            _ => {}
        }
        c == separator && !quoted && !angled
    })
}

/// A `Content-Type`: the media type (lower case, without parameters) and its charset. `None` for
/// what is no media type at all.
pub(super) fn content_type(value: &str) -> Option<(String, Option<&str>)> {
    let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
    let essence = essence.trim();
    let (kind, subtype) = essence.split_once('/')?;
    if kind.is_empty() || subtype.is_empty() || essence.contains(['*', ' ']) {
        return None;
    }
    Some((essence.to_ascii_lowercase(), charset(parameters)))
}

/// The `charset=` among parameters.
fn charset(parameters: &str) -> Option<&str> {
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// The charset in the content of a `<meta http-equiv=content-type>`: lenient, as in WHATWG HTML,
/// "extracting a character encoding from a meta element".
pub(super) fn meta_charset(content: &str) -> Option<&str> {
    let mut rest = content;
    loop {
        let at = rest.char_indices().map(|(at, _)| at).find(|&at| {
            rest.get(at..at + 7).is_some_and(|word| word.eq_ignore_ascii_case("charset"))
        })?;
        rest = rest.get(at + 7..)?;
        let Some(value) = rest.trim_start().strip_prefix('=') else {
            continue;
        };
        let value = value.trim_start();
        return match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value.split(quote).nth(1),
            _ => value.split(|c: char| c == ';' || c.is_ascii_whitespace()).next(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_read_with_and_without_quotes() {
        for (content, url) in [
            ("0; url=/a", Some("/a")),
            ("5;URL='/a b' x", Some("/a b")),
            (" 0.5 , \"/q\"", Some("/q")),
            ("0 url = /a", Some("/a")),
            ("0;/bare", Some("/bare")),
            ("0; urlish", Some("urlish")),
            ("5;", Some("")),
            ("5", None),
            ("x; url=/a", None),
            ("5x; url=/a", None),
        ] {
            assert_eq!(refresh_url(content), url, "{content}");
        }
    }

    #[test]
    fn a_link_header_holds_several_links_with_quoted_parameters() {
        let value = "</a,b>; rel=\"next nofollow\"; title=\"x, \\\" y\", <c>;REL=prev;rel=next, \
                     </d>; rel=preload, <e>; anchor=\"#x\"; rel=next, </f>, junk, <g>; rel=alternate";
        let found: Vec<_> = links(value).filter(|(_, rel)| rel.kind.is_some()).collect();
        let rel = |kind, nofollow| Rel { kind: Some(kind), nofollow };
        assert_eq!(
            found,
            [
                ("/a,b", rel(LinkKind::Next, true)),
                ("c", rel(LinkKind::Prev, false)),
                ("g", rel(LinkKind::Alternate, false)),
            ]
        );
    }

    #[test]
    fn a_robots_header_for_another_agent_does_not_bind_us() {
        for (value, nofollow, noindex) in [
            ("noindex", false, true),
            ("None", true, true),
            ("googlebot: noindex, nofollow", false, false),
            ("googlebot: noindex, crawld: nofollow", true, false),
            ("CRAWLD: none", true, true),
            ("unavailable_after: 25 Jun 2030 15:00:00 PST, nofollow", true, false),
            ("max-snippet:20, noindex", false, true),
            ("*: noindex", false, true),
        ] {
            let mut directives = Directives::default();
            directives.add_header(value, "crawld");
            assert_eq!(directives, Directives { nofollow, noindex }, "{value}");
        }
    }

    #[test]
    fn a_content_type_is_read_leniently() {
        assert_eq!(
            content_type("Text/HTML ; Charset=\"Windows-1251\""),
            Some(("text/html".into(), Some("Windows-1251")))
        );
        assert_eq!(content_type("text/html"), Some(("text/html".into(), None)));
        assert_eq!(content_type("html"), None);
        assert_eq!(content_type("*/*"), None);
        assert_eq!(meta_charset("text/html; charset = 'koi8-r'"), Some("koi8-r"));
        assert_eq!(meta_charset("charset charset=x;y"), Some("x"));
        assert_eq!(meta_charset("text/html"), None);
    }
}
