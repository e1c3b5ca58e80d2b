//! Keys that name a file with a secret: a path, or `credential:NAME` for one that was passed to the
//! service.

use std::io;
use std::path::{Path, PathBuf};

use super::faults::Faults;
use crate::config::effective::MASK;
use crate::domain::secret::Secret;
use crate::named_file;

/// What stands before the name of a credential.
const CREDENTIAL: &str = "credential:";

/// How the files are read that keys name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Credentials<'a> {
    /// Where credentials are; `None`: none are passed to this process.
    pub(super) folder: Option<&'a Path>,
    /// URL of the store, once that is known: its file is no other.
    pub(super) store: Option<&'a str>,
}

impl Credentials<'_> {
    /// The path that a key means. `None`: it cannot be told, and this is a fault or unread.
    pub(super) fn path(self, key: &str, text: &str, faults: &mut Faults) -> Option<PathBuf> {
        let Some(name) = text.strip_prefix(CREDENTIAL) else {
            return Some(PathBuf::from(text));
        };
        if name.is_empty() || matches!(name, "." | "..") || name.contains('/') {
            faults.push(key, format_args!("'{name}' is no name of a credential"));
            return None;
        }
        let Some(folder) = self.folder else {
            faults.unread.push(format!(
                "{key}: the credential '{name}' is not passed to this process; \
                 write LoadCredential={name}:FILE in its unit"
            ));
            return None;
        };
        Some(folder.join(name))
    }

    /// What a file holds.
    ///
    /// # Errors
    /// When it cannot be read, or is the store's.
    pub(super) fn bytes(self, path: &Path) -> io::Result<Vec<u8>> {
        if self.store.is_some_and(|store| named_file::is_of_store(path, store)) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, named_file::OF_THE_STORE));
        }
        named_file::read(path)
    }

    /// The first line of the file that a key names; what is unread is a mask.
    pub(super) fn read(self, key: &str, text: &str, faults: &mut Faults) -> Option<Secret> {
        let unread = faults.unread.len();
        let Some(path) = self.path(key, text, faults) else {
            return (faults.unread.len() > unread).then(|| Secret::new(MASK));
        };
        let not_utf8 = |_| io::Error::other("it is not UTF-8");
        let text = self.bytes(&path).and_then(|bytes| String::from_utf8(bytes).map_err(not_utf8));
        match text {
            Ok(text) => {
                let secret = Secret::new(text.lines().next().unwrap_or_default());
                if !is_good(&secret) {
                    faults.push(key, format_args!("{}: {EMPTY}", path.display()));
                    return None;
                }
                Some(secret)
            }
            Err(error) => {
                let fault = format!("{key}: {}: {error}", path.display());
                if error.kind() == io::ErrorKind::PermissionDenied {
                    faults.unread.push(fault);
                    return Some(Secret::new(MASK));
                }
                faults.all.push(fault);
                None
            }
        }
    }

    /// A secret given by its key itself, or by `KEY_file`.
    pub(super) fn secret(
        self,
        key: &str,
        text: Option<&String>,
        file: Option<&String>,
        faults: &mut Faults,
    ) -> Option<Secret> {
        match (text, file) {
            (None, None) => None,
            (Some(_), Some(_)) => {
                faults.push(key, format_args!("give it or {key}_file, not both"));
                None
            }
            (None, Some(file)) => self.read(&format!("{key}_file"), file, faults),
            (Some(text), None) => {
                let secret = Secret::new(text.clone());
                if !is_good(&secret) {
                    faults.push(key, EMPTY);
                    return None;
                }
                Some(secret)
            }
        }
    }
}

const EMPTY: &str = "empty, or holds control characters";

fn is_good(secret: &Secret) -> bool {
    let text = secret.reveal();
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// Can it stand in a header (RFC 6750, 2.1, and whatever else is visible)?
pub(super) fn is_token(secret: &Secret) -> bool {
    secret.reveal().bytes().all(|b| b.is_ascii_graphic())
}
