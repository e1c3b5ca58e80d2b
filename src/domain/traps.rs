//! Limits against sites that never end: URLs that are too long, too deep or go in circles.

use super::outcome::Reason;
use super::url::CanonicalUrl;

/// How much of a text is quoted as evidence.
const QUOTED: usize = 60;

/// What a URL may be like at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrapLimits {
    /// Bytes of the canonical URL.
    pub max_url_length: usize,
    /// Segments of the path; an empty one counts unless it is the last.
    pub max_path_depth: usize,
    /// The same segment this often in a row is refused.
    pub max_repeats: usize,
    /// Non-empty parameters of the query, separated by `&`.
    pub max_query_parameters: usize,
}

impl Default for TrapLimits {
    fn default() -> Self {
        Self { max_url_length: 2000, max_path_depth: 32, max_repeats: 4, max_query_parameters: 32 }
    }
}

/// Is the URL beyond a limit? Then which, and in words by how much.
#[must_use]
pub fn check(url: &CanonicalUrl, limits: &TrapLimits) -> Option<(Reason, String)> {
    let length = url.as_str().len();
    if length > limits.max_url_length {
        let evidence = format!("URL length {length} > {}", limits.max_url_length);
        return Some((Reason::TrapLength, evidence));
    }
    check_path(url.path(), limits).or_else(|| check_query(url.query()?, limits))
}

fn check_path(path: &str, limits: &TrapLimits) -> Option<(Reason, String)> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let (mut depth, mut repeats, mut last) = (0, 0, None);
    let mut repeated = None;
    for segment in path.split_terminator('/') {
        depth += 1;
        repeats = if last == Some(segment) { repeats + 1 } else { 1 };
        last = Some(segment);
        if repeats == limits.max_repeats {
            repeated = Some(segment);
        }
    }
    if depth > limits.max_path_depth {
        let evidence = format!("path depth {depth} > {}", limits.max_path_depth);
        return Some((Reason::TrapDepth, evidence));
    }
    let segment: String = repeated?.chars().take(QUOTED).collect();
    let evidence = format!("segment '{segment}' {} times in a row", limits.max_repeats);
    Some((Reason::TrapRepeat, evidence))
}

fn check_query(query: &str, limits: &TrapLimits) -> Option<(Reason, String)> {
    let count = query.split('&').filter(|parameter| !parameter.is_empty()).count();
    (count > limits.max_query_parameters).then(|| {
        (Reason::TrapQuery, format!("{count} query parameters > {}", limits.max_query_parameters))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(Reason, String)> {
        check(&CanonicalUrl::parse(text).unwrap(), &TrapLimits::default())
    }

    fn path(depth: usize) -> String {
        (0..depth).fold("http://h".to_owned(), |path, n| format!("{path}/s{n}"))
    }

    #[test]
    fn a_url_of_2000_bytes_passes_and_one_of_2001_does_not() {
        let url = format!("http://h/{}", "a".repeat(1991));
        assert_eq!(found(&url), None);
        let evidence = "URL length 2001 > 2000".to_owned();
        assert_eq!(found(&format!("{url}a")), Some((Reason::TrapLength, evidence)));
    }

    #[test]
    fn a_path_of_32_segments_passes_and_one_of_33_does_not() {
        assert_eq!(found(&path(32)), None);
        assert_eq!(found(&format!("{}/", path(32))), None, "a trailing slash is no segment");
        let evidence = "path depth 33 > 32".to_owned();
        assert_eq!(found(&path(33)), Some((Reason::TrapDepth, evidence)));
        assert_eq!(found(&path(40)), Some((Reason::TrapDepth, "path depth 40 > 32".to_owned())));
    }

    #[test]
    fn the_same_segment_four_times_in_a_row_is_refused_and_three_times_is_not() {
        assert_eq!(found("http://h/a/b/b/b/c/"), None);
        assert_eq!(found("http://h/a/b/a/b/a/b/a/b"), None);
        let evidence = "segment 'b' 4 times in a row".to_owned();
        assert_eq!(found("http://h/a/b/b/b/b/c"), Some((Reason::TrapRepeat, evidence)));
        assert_eq!(found("http://h/b/b/b/b").unwrap().0, Reason::TrapRepeat);
        assert_eq!(found("http://h//////").unwrap().0, Reason::TrapRepeat);
    }

    #[test]
    fn evidence_is_short_however_long_the_segment() {
        let url = format!("http://h{}", format!("/{}", "x".repeat(400)).repeat(4));
        assert!(found(&url).unwrap().1.len() < 100);
    }

    #[test]
    fn a_query_of_32_parameters_passes_and_one_of_33_does_not() {
        let query = |count| format!("http://h/?{}", vec!["a=1"; count].join("&"));
        assert_eq!(found(&query(32)), None);
        assert_eq!(found(&format!("{}&&", query(32))), None, "empty parameters are none");
        let evidence = "33 query parameters > 32".to_owned();
        assert_eq!(found(&query(33)), Some((Reason::TrapQuery, evidence)));
    }

    #[test]
    fn ordinary_urls_pass() {
        for text in ["http://h", "http://h/", "http://h/a/b?c=d&e", "http://h/?", "http://h/2/2/2"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
