//! Input: a URL, then references, a line each. What is accepted is canonical: http or https, and
//! the same however often it is read again.

use crate::domain::traps::{self, TrapLimits};
use crate::domain::url::CanonicalUrl;

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let Some(base) = lines.next().and_then(|line| CanonicalUrl::parse(line).ok()) else { return };
    check(&base);
    assert_eq!(base.join("").as_ref(), Ok(&base));
    for line in lines {
        if let Ok(url) = base.join(line) {
            check(&url);
            assert_eq!(base.join(url.as_str()), Ok(url));
        }
    }
}

/// What holds of every canonical URL.
pub(crate) fn check(url: &CanonicalUrl) {
    let text = url.as_str();
    let again = CanonicalUrl::parse(text).unwrap();
    assert_eq!(again.as_str(), text);
    assert_eq!((again.key(), again.host_key()), (url.key(), url.host_key()));
    assert_eq!(format!("{}{}", url.origin(), url.path_and_query()), text);
    assert!(text.starts_with("http://") || text.starts_with("https://"), "{text}");
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
    assert!(!text.contains('#') && !url.authority().contains('@'), "{text}");
    assert!(!url.host().is_empty() && !url.host().ends_with('.'), "{text}");
    assert!(url.path().starts_with('/'), "{text}");
    if let Some((reason, evidence)) = traps::check(url, &TrapLimits::default()) {
        assert!(reason.is_exclusion() && evidence.len() < 200, "{evidence}");
    }
}
