//! Input: lines of Set-Cookie as answered by one host. The jar stays small; what is sent back is a
//! header, goes to that host or a host of its domain only, and is none of a cookie that is over.

use crate::domain::cookies::{Jar, read};
use crate::domain::url::CanonicalUrl;

/// The most cookies of a jar.
const MOST: usize = 3000;
const NOW: i64 = 1_795_248_000_000;

pub(crate) fn run(data: &[u8]) {
    let url = |text| CanonicalUrl::parse(text).unwrap();
    let from = url("https://www.shop.example.co.uk/a/b");
    let text = String::from_utf8_lossy(data);
    let set: Vec<_> = text.split('\n').filter_map(|line| read(line, &from, NOW)).collect();
    for cookie in &set {
        let domain = cookie.key.domain.as_str();
        let above = ["www.shop.example.co.uk", "shop.example.co.uk", "example.co.uk"];
        assert!(above.contains(&domain), "{domain}");
        assert!(cookie.key.path.starts_with('/'));
    }
    let mut jar = Jar::default();
    jar.take_in(set, true, NOW);
    assert!(jar.len() <= MOST);
    for strange in ["https://example.org/", "https://co.uk/", "https://other.co.uk/a/b"] {
        assert!(jar.header(&url(strange), NOW).is_none(), "{strange}");
    }
    let sent = jar.header(&from, NOW);
    let plain = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    assert!(sent.is_none_or(|sent| sent.reveal().bytes().all(plain) && !sent.reveal().is_empty()));
    // A thousand years on all that has an end is over.
    let later = NOW + 1000 * 365 * 86_400_000;
    let kept = jar.header(&from, later).map_or(0, |sent| sent.reveal().split("; ").count());
    assert!(kept <= jar.len());
}
