//! Units: spans of time and sizes, as people write them.

use std::time::Duration;

use crate::domain::url::CanonicalUrl;

/// Reads a span: `250ms`, `2s`, `1h30m`. Plain `0` is no time.
///
/// # Errors
/// With words that name a right form.
pub fn span_ms(text: &str) -> Result<i64, String> {
    let text = text.trim();
    if text == "0" {
        return Ok(0);
    }
    let span: Duration = humantime::parse_duration(text).map_err(|error| {
        format!("'{text}' is no span of time ({error}); write 250ms, 2s or 1h30m")
    })?;
    i64::try_from(span.as_millis()).map_err(|_| format!("'{text}' is too long"))
}

/// Reads a size: `512`, `64KiB`, `10MiB`, `1GiB`; also `kB`, `MB`, `GB` by thousands.
///
/// # Errors
/// With words that name a right form.
pub fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(no_size(text)),
    };
    let number: u64 = number.parse().map_err(|_| no_size(text))?;
    number.checked_mul(factor).ok_or_else(|| format!("'{text}' is too large"))
}

fn no_size(text: &str) -> String {
    format!("'{text}' is no size; write 512KiB or 10MiB")
}

/// The host (an authority) that a text means, as canonical URLs have it: `Example.org:443` is
/// `example.org`. `None`: it is no host.
#[must_use]
pub fn authority(text: &str) -> Option<String> {
    if text.contains(['/', '@', '?', '#', '\\', '*']) {
        return None;
    }
    let url = CanonicalUrl::parse(&format!("https://{text}/")).ok()?;
    Some(url.authority().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        assert_eq!(span_ms("250ms"), Ok(250));
        assert_eq!(span_ms("1h30m"), Ok(5_400_000));
        assert_eq!(span_ms("0"), Ok(0));
        assert!(span_ms("-1s").is_err());
        assert!(span_ms("fast").is_err());
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("10MiB"), Ok(10 << 20));
        assert_eq!(size("512"), Ok(512));
        assert_eq!(size("1 kB"), Ok(1_000));
        assert!(size("MiB").is_err());
        assert!(size("99999999999999GiB").is_err());
    }

    #[test]
    fn a_host_is_meant_as_urls_have_it() {
        for (text, host) in [
            ("Example.org", "example.org"),
            ("example.org:443", "example.org"),
            ("example.org:8443", "example.org:8443"),
            ("[0::1]:99", "[::1]:99"),
            ("bücher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(authority(text).as_deref(), Some(host));
        }
        for wrong in ["", "https://example.org", "a/b", "me@example.org", "*", "a b"] {
            assert_eq!(authority(wrong), None, "{wrong}");
        }
    }
}
