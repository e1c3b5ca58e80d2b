//! Which database is meant.

use std::path::PathBuf;

use url::Url;

use super::error::{StoreError, StoreErrorKind};
use crate::named_file::sqlite_path;

/// A database, as named by the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server; the URL as libpq takes it.
    Postgres(Url),
}

impl Target {
    /// Reads `sqlite://PATH`, a bare path, or `postgres://...`.
    pub(super) fn parse(text: &str) -> Result<Self, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return postgres(text);
        }
        if let Some((scheme, rest)) = text.split_once("://")
            && scheme != "sqlite"
        {
            // The rest may hold a password.
            let shown = format!("{scheme}://{}", if rest.is_empty() { "" } else { "..." });
            return Err(bad(&shown, "neither a path nor sqlite:// nor postgres://"));
        }
        sqlite_path(text).map(Self::Sqlite).ok_or_else(|| bad(text, "no path"))
    }

    /// How it is named in messages: without a password.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres(url) => {
                let mut url = url.clone();
                if url.password().is_some() {
                    // Fails only for URLs that cannot hold one.
                    url.set_password(None).ok();
                }
                url.set_query(None);
                url.to_string()
            }
        }
    }
}

/// libpq waits for ever by default: a server that vanished without a word must be noticed.
fn postgres(text: &str) -> Result<Target, StoreError> {
    const LIMITS: [(&str, &str); 4] = [
        ("connect_timeout", "10"),
        ("keepalives_idle", "20"),
        ("keepalives_interval", "5"),
        ("tcp_user_timeout", "30000"),
    ];
    let mut url = Url::parse(text).map_err(|e| bad("postgres://...", &e.to_string()))?;
    for (name, value) in LIMITS {
        if !url.query_pairs().any(|(known, _)| known == name) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    Ok(Target::Postgres(url))
}

fn bad(target: &str, what: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Bad, target, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let target = Target::parse("postgres://me:secret@h:1/d?sslmode=disable").unwrap();
        assert_eq!(target.shown(), "postgres://me@h:1/d");
        let error = Target::parse("mysql://me:secret@h/d").unwrap_err();
        assert!(!error.message.contains("secret"), "{error}");
    }

    #[test]
    fn a_bare_path_and_a_url_name_the_same_file() {
        assert_eq!(Target::parse("a b.db").unwrap(), Target::parse("sqlite://a b.db").unwrap());
        assert_eq!(Target::parse("").unwrap_err().kind, StoreErrorKind::Bad);
    }
}
