//! How much room is left on disks, and when that is too little.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Tells the bytes that may still be written where a path is.
pub type Look = fn(&Path) -> io::Result<u64>;

/// What must stay free.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Bytes that must stay free; 0: nobody looks.
    pub min_free: u64,
    /// How often somebody looks.
    pub period: Duration,
    /// How long a run that does not stay waits for room.
    pub patience: Duration,
    /// How it is found out.
    pub look: Look,
}

impl Default for Rule {
    /// Nothing need stay free.
    fn default() -> Self {
        Self {
            min_free: 0,
            period: Duration::from_secs(3),
            patience: Duration::from_mins(10),
            look: free,
        }
    }
}

/// The room at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The place.
    pub folder: PathBuf,
    /// Bytes free there.
    pub free: u64,
}

impl Rule {
    /// That so many bytes stay free.
    #[must_use]
    pub fn keep(min_free: u64) -> Self {
        Self { min_free, ..Self::default() }
    }

    /// The place among these with the least room. One that cannot be looked at is none: what is
    /// wrong there is told by whoever writes there. It may block.
    #[must_use]
    pub fn tightest(&self, folders: &[PathBuf]) -> Option<Room> {
        let rooms = folders.iter().filter_map(|folder| {
            let free = (self.look)(folder).ok()?;
            Some(Room { folder: folder.clone(), free })
        });
        rooms.min_by_key(|room| room.free)
    }

    /// Is that too little? What was too little before is enough only with a quarter more than must
    /// stay free, so that a run does not stop and go with every page.
    #[must_use]
    pub fn is_short(&self, free: u64, before: bool) -> bool {
        let enough =
            if before { self.min_free.saturating_add(self.min_free / 4) } else { self.min_free };
        free < enough
    }
}

/// Bytes that an ordinary user may still write where `path` is or will be.
///
/// # Errors
/// When the file system cannot be asked.
pub fn free(path: &Path) -> io::Result<u64> {
    // What is not there yet will be where its folder is.
    let there = |place: &&Path| place.as_os_str().is_empty() || place.exists();
    let place = path.ancestors().find(there).unwrap_or(path);
    let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
    let system = rustix::fs::statvfs(place)?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
}

/// Bytes as people read them: `12.3 GiB`.
#[must_use]
pub fn words(bytes: u64) -> String {
    let mut unit = "B";
    let mut tenths = u128::from(bytes) * 10;
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = larger;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_that_was_short_must_be_a_quarter_more_to_be_enough() {
        let rule = Rule::keep(1000);
        assert!(!rule.is_short(1000, false) && rule.is_short(999, false));
        assert!(rule.is_short(1249, true) && !rule.is_short(1250, true));
        assert!(!Rule::keep(0).is_short(0, true));
    }

    #[test]
    fn the_place_with_the_least_room_counts_and_one_that_is_not_there_does_not() {
        fn look(path: &Path) -> io::Result<u64> {
            let name = path.to_str().unwrap();
            name.parse().map_err(|_| io::Error::other("no such place"))
        }
        let rule = Rule { look, ..Rule::keep(1) };
        let places = ["700", "gone", "300", "900"].map(PathBuf::from);
        assert_eq!(rule.tightest(&places), Some(Room { folder: "300".into(), free: 300 }));
        assert_eq!(rule.tightest(&["gone".into()]), None);
    }

    #[test]
    fn a_folder_that_will_be_made_has_the_room_of_the_one_it_will_be_in() {
        let folder = tempfile::tempdir().unwrap();
        let there = free(folder.path()).unwrap();
        let later = free(&folder.path().join("a/b/c")).unwrap();
        assert!(there > 0 && there.abs_diff(later) < (1 << 30));
        assert!(free(Path::new("relative")).unwrap() > 0);
    }

    #[test]
    fn bytes_have_one_decimal_and_their_unit() {
        assert_eq!(words(0), "0.0 B");
        assert_eq!(words(1536), "1.5 KiB");
        assert_eq!(words(256 << 20), "256.0 MiB");
        assert_eq!(words(u64::MAX), "16777215.9 TiB", "never more than there is");
    }
}
