//! How an operator names failed URLs: by status, by host, by reason.

use super::HostKey;
use super::outcome::Reason;
use super::url::CanonicalUrl;

/// Reads `404`, `5xx` or `500-503`: the first and the last status.
///
/// # Errors
/// With the right form.
pub fn statuses(text: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("'{text}': write a status such as 404, 5xx or 500-503");
    let status = |text: &str| {
        let status = text.trim().parse().map_err(|_| wrong())?;
        if (100..=999).contains(&status) { Ok(status) } else { Err(wrong()) }
    };
    let text = text.trim();
    if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
        let first: u16 =
            class.parse().ok().filter(|class| (1..=9).contains(class)).ok_or_else(wrong)?;
        return Ok((first * 100, first * 100 + 99));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (status(first)?, status(last)?);
    if first <= last { Ok((first, last)) } else { Err(wrong()) }
}

/// Reads a host, with a port if it is not the usual one; a whole URL serves too.
///
/// # Errors
/// With the right form.
pub fn host(text: &str) -> Result<HostKey, String> {
    let wrong = || format!("'{text}': write a host such as example.org or example.org:8080");
    let url = if text.contains("://") {
        text.to_owned()
    } else if text.contains(['/', '?', '#', '@', '\\']) {
        return Err(wrong());
    } else {
        // Port 443 counts as none, as port 80 does.
        format!("{}://{text}/", if text.ends_with(":443") { "https" } else { "http" })
    };
    Ok(CanonicalUrl::parse(&url).map_err(|_| wrong())?.host_key())
}

/// Reads the reason of a failure.
///
/// # Errors
/// When there is none of this name.
pub fn reason(text: &str) -> Result<Reason, String> {
    match text.parse::<Reason>() {
        Ok(reason) if reason.is_exclusion() => {
            Err(format!("'{text}': such URLs were excluded by a rule; they did not fail"))
        }
        Ok(reason) => Ok(reason),
        Err(_) => Err(format!("'{text}' is no reason; crawld report shows those of a job")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::url::host_key;
    use super::*;

    #[test]
    fn a_status_is_one_a_class_or_a_range() {
        assert_eq!(statuses("404"), Ok((404, 404)));
        assert_eq!(statuses("5xx"), Ok((500, 599)));
        assert_eq!(statuses("4XX"), Ok((400, 499)));
        assert_eq!(statuses("500-503"), Ok((500, 503)));
        assert_eq!(statuses(" 500 - 503 "), Ok((500, 503)));
    }

    #[test]
    fn what_is_no_status_is_refused() {
        for wrong in ["", "x", "xx", "0xx", "10xx", "503-500", "50-60", "404-", "-404", "1e3"] {
            assert!(statuses(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_host_has_one_key_however_it_is_written() {
        for text in ["example.org", "EXAMPLE.org", "example.org:80", "example.org:443"] {
            assert_eq!(host(text), Ok(host_key("example.org")), "{text}");
        }
        assert_eq!(host("https://example.org/a?b"), Ok(host_key("example.org")));
        assert_eq!(host("example.org:8080"), Ok(host_key("example.org:8080")));
        for wrong in ["", "a/b", "a.test/", "a?b", "a#b", "me@a.test", "a\\b"] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
        assert!(host("ftp://example.org").is_err());
    }

    #[test]
    fn only_reasons_of_failures_are_taken() {
        assert_eq!(reason("dns"), Ok(Reason::Dns));
        assert_eq!(reason("http_503"), Ok(Reason::Http(503)));
        assert!(reason("robots").is_err());
        assert!(reason("nonsense").is_err());
    }
}
