//! Input: the value of a Retry-After header. It is a span of time or nothing.

use crate::frontier::answer::retry_after;

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for now in [0, 1_700_000_000_000, i64::MAX] {
        assert!(retry_after(&text, now).is_none_or(|wait| wait >= 0));
    }
}
