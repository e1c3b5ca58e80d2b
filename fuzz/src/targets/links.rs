//! Input: a byte that chooses content type and cut, then a body. However the body is cut, the same
//! is found; every link is canonical, and limits hold.

use super::page::{check, read};
use crate::pieces::{pieces, seed};

const TYPES: [&str; 4] =
    ["text/html; charset=utf-8", "text/html", "application/xhtml+xml", "text/html; charset=big5"];

pub(crate) fn run(data: &[u8]) {
    let (seed, body) = seed(data);
    let content_type = TYPES.get(usize::from(seed) % TYPES.len()).copied().unwrap_or_default();
    let headers = vec![("content-type".to_owned(), content_type.to_owned())];
    let whole = read(&headers, std::iter::once(body));
    check(&whole);
    assert_eq!(whole, read(&headers, pieces(body, seed, 40)));
    assert_eq!(whole, read(&headers, body.chunks(1)));
}
