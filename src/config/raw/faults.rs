//! What is wrong with a configuration, gathered so that all is told at once.

use crate::config::values::{size, span_ms};

/// Gathers faults so that all are told at once.
#[derive(Default)]
pub(super) struct Faults {
    /// What is wrong.
    pub(super) all: Vec<String>,
    /// What could not be read by us, though perhaps by the service.
    pub(super) unread: Vec<String>,
    /// What may be a mistake and may come right.
    pub(super) doubts: Vec<String>,
}

impl Faults {
    /// Something is wrong with this key.
    pub(super) fn push(&mut self, key: &str, why: impl std::fmt::Display) {
        self.all.push(format!("{key}: {why}"));
    }

    /// What goes wrong in there is told with the name of this section before each key.
    pub(super) fn under<T>(&mut self, section: &str, inner: impl FnOnce(&mut Self) -> T) -> T {
        let mut own = Self::default();
        let result = inner(&mut own);
        let within = |fault: String| format!("{section}.{fault}");
        self.all.extend(own.all.into_iter().map(within));
        self.unread.extend(own.unread.into_iter().map(within));
        self.doubts.extend(own.doubts.into_iter().map(within));
        result
    }

    pub(super) fn span(&mut self, key: &str, text: Option<&String>, value: &mut i64) {
        match text.map(|text| span_ms(text)) {
            Some(Ok(span)) => *value = span,
            Some(Err(why)) => self.all.push(format!("{key}: {why}")),
            None => {}
        }
    }

    pub(super) fn size(&mut self, key: &str, text: Option<&String>, value: &mut u64) {
        match text.map(|text| size(text)) {
            Some(Ok(bytes)) => *value = bytes,
            Some(Err(why)) => self.all.push(format!("{key}: {why}")),
            None => {}
        }
    }

    /// Bytes a second; `None` where there is no limit.
    pub(super) fn rate(&mut self, key: &str, text: Option<&String>) -> Option<u64> {
        let mut rate = 0;
        self.size(key, text, &mut rate);
        (rate > 0).then_some(rate)
    }

    pub(super) fn at_least<T: PartialOrd + std::fmt::Display>(
        &mut self,
        key: &str,
        value: &T,
        least: &T,
    ) {
        if value < least {
            self.all.push(format!("{key}: {value} is too small; give {least} or more"));
        }
    }

    pub(super) fn at_most<T: PartialOrd + std::fmt::Display>(
        &mut self,
        key: &str,
        value: &T,
        most: &T,
    ) {
        if value > most {
            self.push(key, format_args!("{value} is too large; give {most} or less"));
        }
    }
}

pub(super) fn set<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}
