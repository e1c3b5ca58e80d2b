//! `[database]`: where everything is kept.

use serde::Deserialize;
use url::Url;

use super::faults::Faults;
use super::secret_file::Credentials;
use crate::config::Settings;
use crate::config::effective::MASK;
use crate::domain::secret::Secret;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DatabaseKeys {
    url: Option<String>,
    url_file: Option<String>,
    password_file: Option<String>,
    known_cache: Option<String>,
    min_free: Option<String>,
}

impl DatabaseKeys {
    pub(super) fn apply(
        self,
        settings: &mut Settings,
        credentials: Credentials<'_>,
        faults: &mut Faults,
    ) {
        let mut known_cache = settings.known_cache as u64;
        faults.size("known_cache", self.known_cache.as_ref(), &mut known_cache);
        settings.known_cache = usize::try_from(known_cache).unwrap_or(usize::MAX);
        faults.size("min_free", self.min_free.as_ref(), &mut settings.min_free);
        // The command line empties what belongs to the URL that it replaces.
        let given = |file: &Option<String>| file.clone().filter(|file| !file.is_empty());
        let url =
            credentials.secret("url", self.url.as_ref(), given(&self.url_file).as_ref(), faults);
        if given(&self.password_file).is_some() && self.url.is_none() && self.url_file.is_none() {
            faults.push("password_file", "give url = \"postgres://user@host/name\" too");
        }
        let url = url.map(|url| url.reveal().to_owned());
        settings.database = url.filter(|url| url != MASK);
        if let Some(file) = given(&self.password_file) {
            let password = credentials.read("password_file", &file, faults);
            settings.database = settings.database.take().map(|url| with(url, password, faults));
        }
    }
}

/// The URL with the password in it.
fn with(url: String, password: Option<Secret>, faults: &mut Faults) -> String {
    let mut why = |why| faults.push("password_file", why);
    let parsed = Url::parse(&url).ok().filter(|url| url.scheme().starts_with("postgres"));
    let Some(mut whole) = parsed else {
        why("for a database server only; give url = \"postgres://user@host/name\"");
        return url;
    };
    if whole.password().is_some() {
        why("the URL has a password already; keep one of them");
    } else if password.is_some_and(|text| whole.set_password(Some(text.reveal())).is_err()) {
        why("the URL has no host that a password could be for");
    }
    whole.into()
}
