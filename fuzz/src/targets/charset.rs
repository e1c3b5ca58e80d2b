//! Input: the charset of the header up to a line feed, then a body. However it is cut, the same is
//! found; and a body in any charset is read like its translation into UTF-8.

use encoding_rs::Encoding;

use super::page::{check, read};
use crate::domain::extract::Page;
use crate::pieces::pieces;

/// Title and words are cut by bytes before they are decoded: only short ones must be the same.
const SHORT: usize = 1500;

pub(crate) fn run(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (label, body) = data.split_at(end);
    let body = body.get(1..).unwrap_or_default();
    let label = String::from_utf8_lossy(label);
    let headers = vec![("content-type".to_owned(), format!("text/html; charset={label}"))];
    let whole = read(&headers, std::iter::once(body));
    check(&whole);
    assert_eq!(whole, read(&headers, body.chunks(1)));
    assert_eq!(whole, read(&headers, pieces(body, body.len().to_le_bytes()[0], 900)));
    let encoding = whole.charset.as_ref().and_then(|name| Encoding::for_label(name.as_bytes()));
    if let Some(encoding) = encoding.filter(|_| body.len() < SHORT) {
        let text = encoding.decode(body).0;
        let headers = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
        let plain = read(&headers, std::iter::once(text.as_bytes()));
        assert_eq!(said(&whole), said(&plain), "as {}", encoding.name());
    }
}

/// What does not depend on the charset: queries of links do.
fn said(page: &Page) -> (Option<&str>, bool, bool) {
    (page.title.as_deref(), page.nofollow, page.noindex)
}
