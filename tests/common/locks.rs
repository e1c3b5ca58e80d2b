//! Who holds a lock on a database file: what keeps its log from being deleted under a writer. SQLite
//! since 3.51 looks elsewhere too before it deletes one; clients of other programs are older.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Does this process hold a POSIX lock on this file?
pub(crate) fn are_held(by: u32, on: &Path) -> bool {
    let (by, on) = (by.to_string(), format!(":{}", fs::metadata(on).unwrap().ino()));
    let locks = fs::read_to_string("/proc/locks").unwrap();
    locks.lines().any(|line| {
        // Number, POSIX, ADVISORY, READ or WRITE, process, device and inode, first and last byte.
        let mut words = line.split_whitespace().skip(1);
        let kind = words.next();
        let mut words = words.skip(2);
        let (process, file) = (words.next(), words.next().unwrap_or_default());
        kind == Some("POSIX") && process == Some(&by) && file.ends_with(&on)
    })
}
