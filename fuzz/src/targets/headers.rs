//! Input: response headers, a `name: value` a line. Whatever they say, links are canonical and
//! limits hold.

use super::page::{Headers, check, read};

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let headers: Headers = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    check(&read(&headers, std::iter::once(b"<a href=x>x</a>".as_slice())));
}
