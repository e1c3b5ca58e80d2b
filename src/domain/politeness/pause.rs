//! A random rest between two requests to a host.

use crate::domain::{HostKey, Millis};

/// How long a host rests between two requests, by chance: `least` to `most`; 0 to 0: off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pause {
    /// The shortest rest.
    pub least: Millis,
    /// The longest.
    pub most: Millis,
}

impl Pause {
    /// Is there none?
    #[must_use]
    pub fn is_off(self) -> bool {
        self.most <= 0
    }

    /// The stricter of two in each respect.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.max(other.most) }
    }

    /// The rest of a host after the request of this moment. The same whenever it is asked for, so
    /// a restart does not draw anew; evenly spread over hosts and moments.
    #[must_use]
    pub fn after(self, host: HostKey, asked_at: Millis) -> Millis {
        let width = self.most.saturating_sub(self.least).max(0).unsigned_abs().saturating_add(1);
        let luck = spread(host.0.cast_unsigned() ^ spread(asked_at.cast_unsigned()));
        let share = i64::try_from(luck % width).unwrap_or(0);
        self.least.max(0).saturating_add(share)
    }
}

/// The finaliser of `SplitMix64`: near inputs give far outputs.
fn spread(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Pause = Pause { least: 500, most: 1_000 };

    #[test]
    fn every_rest_lies_within_and_they_are_evenly_spread() {
        let rests: Vec<Millis> =
            (0..10_000).map(|n| PAUSE.after(HostKey(n % 7), 1_795_000_000_000 + n * 731)).collect();
        assert!(rests.iter().all(|rest| (500..=1_000).contains(rest)));
        for fifth in 0..5 {
            let from = 500 + fifth * 100;
            let share = rests.iter().filter(|rest| (from..from + 100).contains(*rest)).count();
            assert!((1_800..2_200).contains(&share), "{share} of 10000 from {from}");
        }
    }

    #[test]
    fn the_same_moment_gives_the_same_rest_and_other_hosts_another() {
        assert_eq!(PAUSE.after(HostKey(3), 12_345), PAUSE.after(HostKey(3), 12_345));
        let others = (0..100).filter(|host| {
            PAUSE.after(HostKey(*host), 12_345) != PAUSE.after(HostKey(200), 12_345)
        });
        assert!(others.count() > 90);
    }

    #[test]
    fn a_pause_of_one_length_is_that_length() {
        assert_eq!(Pause { least: 700, most: 700 }.after(HostKey(1), 5), 700);
        assert_eq!(Pause::default().after(HostKey(1), 5), 0);
    }
}
