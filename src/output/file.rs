//! A file that is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file written beside its place and put there by [`AtomicFile::commit`]. Dropped before, it
/// leaves no trace. What is no regular file (a device, a named pipe) is written directly.
#[derive(Debug)]
pub struct AtomicFile {
    out: BufWriter<File>,
    /// The file beside, and the place; `None` when written directly.
    places: Option<(PathBuf, PathBuf)>,
}

impl AtomicFile {
    /// Begins a file that will stand at `path`; a symbolic link stays one.
    ///
    /// # Errors
    /// When nothing can be created in that folder.
    pub fn create(path: &Path) -> io::Result<Self> {
        let existing = fs::metadata(path).ok();
        if existing.as_ref().is_some_and(|found| !found.is_file()) {
            let file = File::options().write(true).open(path)?;
            return Ok(Self { out: BufWriter::new(file), places: None });
        }
        let place = if existing.is_some() { path.canonicalize()? } else { path.to_owned() };
        let beside = beside(&place)?;
        let file = File::create_new(&beside)?;
        let made = Self { out: BufWriter::new(file), places: Some((beside, place)) };
        if let Some(existing) = existing {
            made.out.get_ref().set_permissions(existing.permissions())?;
        }
        Ok(made)
    }

    /// Puts the file in its place, safe from a power cut.
    ///
    /// # Errors
    /// When the disk fails or is full; the place is then as it was before.
    pub fn commit(mut self) -> io::Result<()> {
        self.out.flush()?;
        let Some((beside, place)) = &self.places else { return Ok(()) };
        self.out.get_ref().sync_all()?;
        fs::rename(beside, place)?;
        let folder = folder(place).to_owned();
        self.places = None;
        File::open(folder)?.sync_all()
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Some((beside, _)) = &self.places {
            // It may be gone already; there is nobody to tell.
            fs::remove_file(beside).ok();
        }
    }
}

fn folder(place: &Path) -> &Path {
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn beside(place: &Path) -> io::Result<PathBuf> {
    let missing = || io::Error::new(io::ErrorKind::InvalidInput, "not the name of a file");
    let mut name = std::ffi::OsString::from(".");
    name.push(place.file_name().ok_or_else(missing)?);
    name.push(format!(".{}.tmp", std::process::id()));
    Ok(folder(place).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_at_its_commit_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pages.csv");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_given_up_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pages.csv");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_symbolic_link_keeps_pointing_at_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut file = AtomicFile::create(&link).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
    }

    #[test]
    fn a_device_is_written_and_not_replaced() {
        let mut file = AtomicFile::create(Path::new("/dev/null")).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_place_that_cannot_be_is_refused() {
        assert!(AtomicFile::create(Path::new("/")).is_err());
        assert!(AtomicFile::create(Path::new("/nowhere/at/all.csv")).is_err());
    }
}
