//! Named places at which a test has the debug build panic or hang. Release builds contain none of it.
//!
//! `CRAWLD_FAULTS` lists them: `db@3` panics at the third passage, `db@3+` at every one from the
//! third, `db@3!` never comes back from it, `extract=/poison` panics whenever the detail of the
//! place contains that text.

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Fault {
        place: String,
        detail: Option<String>,
        at: u64,
        ever_after: bool,
        hangs: bool,
        passed: AtomicU64,
    }

    fn faults() -> &'static [Fault] {
        static FAULTS: OnceLock<Vec<Fault>> = OnceLock::new();
        FAULTS.get_or_init(|| {
            std::env::var("CRAWLD_FAULTS")
                .map(|list| list.split(',').filter_map(parse).collect())
                .unwrap_or_default()
        })
    }

    fn parse(text: &str) -> Option<Fault> {
        let passed = AtomicU64::new(0);
        if let Some((place, detail)) = text.split_once('=') {
            let (place, detail) = (place.to_owned(), Some(detail.to_owned()));
            return Some(Fault { place, detail, at: 1, ever_after: true, hangs: false, passed });
        }
        let (place, at) = text.split_once('@')?;
        let (ever_after, hangs) = (at.ends_with('+'), at.ends_with('!'));
        let at = at.trim_end_matches(['+', '!']).parse().ok()?;
        Some(Fault { place: place.to_owned(), detail: None, at, ever_after, hangs, passed })
    }

    pub(super) fn pass(place: &str, detail: &str) {
        for fault in faults().iter().filter(|fault| fault.place == place) {
            if fault.detail.as_ref().is_some_and(|wanted| !detail.contains(wanted)) {
                continue;
            }
            let passed = fault.passed.fetch_add(1, Ordering::SeqCst) + 1;
            let due = passed == fault.at || (fault.ever_after && passed > fault.at);
            if due && fault.hangs {
                loop {
                    std::thread::park();
                }
            }
            assert!(!due, "fault injected at {place} {detail}");
        }
    }
}

/// Passes a place at which a test may have ordered a panic.
#[inline]
pub fn pass(place: &str, detail: &str) {
    #[cfg(debug_assertions)]
    armed::pass(place, detail);
    #[cfg(not(debug_assertions))]
    {
        let _: (&str, &str) = (place, detail);
    }
}
