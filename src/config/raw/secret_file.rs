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

/// Where credentials are; `None`: none are passed to this process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Credentials<'a>(pub(super) Option<&'a Path>);

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
        let Some(folder) = self.0 else {
            faults.unread.push(format!(
                "{key}: the credential '{name}' is not passed to this process; \
                 write LoadCredential={name}:FILE in its unit"
            ));
            return None;
        };
        Some(folder.join(name))
    }

    /// The first line of the file that a key names; what is unread is a mask.
    pub(super) fn read(self, key: &str, text: &str, faults: &mut Faults) -> Option<Secret> {
        let unread = faults.unread.len();
        let Some(path) = self.path(key, text, faults) else {
            return (faults.unread.len() > unread).then(|| Secret::new(MASK));
        };
        match named_file::read_to_string(&path) {
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
