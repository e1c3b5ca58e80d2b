//! How much of what can be found was found, estimated.

use serde::{Deserialize, Serialize};

use super::evidence::{Cap, Caps};

/// How many tips were shown by how many queries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sightings {
    /// Tips.
    pub tips: u64,
    /// Those that one query showed.
    pub once: u64,
    /// Those that two showed.
    pub twice: u64,
}

impl Sightings {
    /// A query shows a tip that so many others had shown before.
    pub(super) fn see(&mut self, before: u64) {
        match before {
            0 => {
                self.tips += 1;
                self.once += 1;
            }
            1 => {
                self.once = self.once.saturating_sub(1);
                self.twice += 1;
            }
            2 => self.twice = self.twice.saturating_sub(1),
            _ => {}
        }
    }

    /// Chao's estimate of the tips still unseen: from how many were seen but once. It fits where
    /// many queries show the same tip.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn unseen(&self) -> f64 {
        let once = self.once as f64;
        once * (once - 1.0).max(0.0) / (2.0 * (self.twice as f64 + 1.0))
    }
}

/// What lies behind full queries of the longest length, if the numbers of tips behind queries fall
/// off beyond the cap as they do just below it: each by the same ratio from the one before. It fits
/// where no two queries show the same tip.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn held_back(caps: &Caps) -> f64 {
    let behind = |cap: &Cap| {
        let full = cap.at_limit as f64;
        let ratio = (full / (full + cap.almost as f64 + 1.0)).sqrt();
        full * ratio / (1.0 - ratio)
    };
    caps.kinds().iter().map(behind).sum()
}

/// The share of tips found among those that queries of this kind can find, 0 to 1: of two estimates,
/// each for its sort of endpoint, the higher one. No bound: it said 0.68 to 0.98 where 0.88 to 0.96
/// was true. `complete`: the harvest is done. `None` when nothing was found.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub(super) fn estimate(sightings: &Sightings, caps: &Caps, complete: bool) -> Option<f64> {
    let unseen = sightings.unseen();
    let unseen = if complete { unseen.min(held_back(caps)) } else { unseen };
    let tips = sightings.tips as f64;
    (sightings.tips > 0).then(|| tips / (tips + unseen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tips_seen_once_speak_of_tips_not_seen() {
        let mut sightings = Sightings::default();
        let caps = Caps::default();
        assert_eq!(estimate(&sightings, &caps, false), None);
        for before in [0, 0, 0, 0, 1, 2, 3, 0, 1] {
            sightings.see(before);
        }
        assert_eq!(sightings, Sightings { tips: 5, once: 3, twice: 1 });
        assert_eq!(estimate(&sightings, &caps, false), Some(5.0 / 6.5));
    }

    #[test]
    fn a_complete_harvest_with_nothing_full_at_the_end_has_everything() {
        let sightings = Sightings { tips: 9, once: 9, twice: 0 };
        let mut caps = Caps::default();
        caps.see(&[6], false);
        assert_eq!(estimate(&sightings, &caps, true), Some(1.0));
        caps.see(&[6], true);
        caps.see(&[5], true);
        caps.see(&[4], true);
        caps.see(&[3], true);
        let behind_one = estimate(&sightings, &caps, true).unwrap();
        assert!((behind_one - 9.0 / 10.0).abs() < 1e-9, "{behind_one}: 1 of 1 + 2 + 1, so half");
    }
}
