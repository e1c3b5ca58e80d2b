//! What settings mean for a daemon, key by key: every value decided, secrets masked. As a text it is
//! itself a configuration, which means the same but for the secrets.

mod job;
mod written;

use std::fmt::Write as _;

use config::{FileFormat, Format as _, Value, ValueKind};
use url::Url;

use super::{ConfigError, GRACE_MS, LOG, Settings};
use crate::domain::credentials::Login;
use crate::domain::job::HostRules;
use crate::domain::masked;
pub use crate::domain::masked::MASK;
use crate::domain::secret::Secret;
use crate::logging::Format;
use written::{quoted, size, span, texts};

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its section, each part apart: `daemon`; `jobs`, `docs`.
    pub(super) section: Vec<String>,
    /// Its name in the section.
    pub(super) key: String,
    /// The value as TOML, secrets masked.
    pub(super) shown: String,
    /// What the mask hides.
    hidden: Vec<Secret>,
}

impl Entry {
    /// Its full name: `daemon.threads`, `jobs.docs.delay`.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.section.join("."), self.key)
    }
}

/// Gathers the entries of one section.
struct Sheet<'e> {
    section: Vec<String>,
    entries: &'e mut Vec<Entry>,
}

impl<'e> Sheet<'e> {
    fn new(section: &[&str], entries: &'e mut Vec<Entry>) -> Self {
        Self { section: section.iter().map(|part| (*part).to_owned()).collect(), entries }
    }

    fn put(&mut self, key: &str, shown: impl Into<String>) {
        self.put_secret(key, shown, Vec::new());
    }

    fn put_secret(&mut self, key: &str, shown: impl Into<String>, hidden: Vec<Secret>) {
        let (section, key, shown) = (self.section.clone(), key.to_owned(), shown.into());
        self.entries.push(Entry { section, key, shown, hidden });
    }

    fn put_text(&mut self, key: &str, text: &str) {
        self.put(key, quoted(text));
    }
}

/// Everything that the settings say, in the order of the sections.
pub(super) fn entries(settings: &Settings) -> Vec<Entry> {
    let mut entries = Vec::new();
    daemon(settings, &mut Sheet::new(&["daemon"], &mut entries));
    database(settings, &mut Sheet::new(&["database"], &mut entries));
    control(settings, &mut Sheet::new(&["control"], &mut entries));
    network(settings, &mut Sheet::new(&["http"], &mut entries));
    job::manners(&settings.job, &settings.proxies, &mut Sheet::new(&["http"], &mut entries));
    job::politeness(&settings.job, &mut Sheet::new(&["politeness"], &mut entries));
    for (name, rules) in &settings.job.hosts {
        let login = settings.job.secrets.hosts.get(name);
        host(rules, login, &mut Sheet::new(&["hosts", name], &mut entries));
    }
    for configured in &settings.jobs {
        job::job(configured, &mut Sheet::new(&["jobs", &configured.name], &mut entries));
    }
    entries
}

/// The same as the text of a configuration file.
#[must_use]
pub fn text(settings: &Settings) -> String {
    let (mut text, mut section) = (String::new(), Vec::new());
    for entry in entries(settings) {
        if entry.section != section {
            let parts: Vec<String> = entry.section.iter().map(|part| written::key(part)).collect();
            let gap = if text.is_empty() { "" } else { "\n" };
            // Writing to a text cannot fail.
            writeln!(text, "{gap}[{}]", parts.join(".")).ok();
            section.clone_from(&entry.section);
        }
        writeln!(text, "{} = {}", entry.key, entry.shown).ok();
    }
    text
}

/// The entries of such a text: what is masked in it is hidden for ever.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, ConfigError> {
    let table = FileFormat::Toml.parse(None, text);
    let table = table.map_err(|error| ConfigError { errors: vec![error.to_string()] })?;
    let mut entries = Vec::new();
    for (name, value) in table {
        gather(&mut vec![name], value, &mut entries);
    }
    Ok(entries)
}

fn gather(section: &mut Vec<String>, value: Value, entries: &mut Vec<Entry>) {
    let ValueKind::Table(table) = value.kind else { return };
    let nested = matches!(section.as_slice(), [only] if only == "hosts" || only == "jobs");
    for (key, value) in table {
        if nested {
            section.push(key);
            gather(section, value, entries);
            section.pop();
        } else {
            let (shown, hidden) = (written::value(&value), Vec::new());
            entries.push(Entry { section: section.clone(), key, shown, hidden });
        }
    }
}

fn daemon(settings: &Settings, sheet: &mut Sheet<'_>) {
    sheet.put("concurrency", settings.concurrency.to_string());
    sheet.put("threads", settings.threads.to_string());
    sheet.put("grace", span(settings.grace_ms.unwrap_or(GRACE_MS)));
    sheet.put("stop_timeout", span(settings.stop_timeout_ms));
    sheet.put_text("log", settings.log.as_deref().unwrap_or(LOG));
    let json = settings.log_format == Format::Json;
    sheet.put_text("log_format", if json { "json" } else { "text" });
}

fn database(settings: &Settings, sheet: &mut Sheet<'_>) {
    let url = settings.database_url();
    sheet.put_secret("url", quoted(&masked(url)), vec![Secret::new(url)]);
    sheet.put("known_cache", size(settings.known_cache as u64));
    sheet.put("min_free", size(settings.min_free));
}

fn control(settings: &Settings, sheet: &mut Sheet<'_>) {
    let control = &settings.control;
    if let Some(socket) = &control.socket {
        sheet.put_text("socket", &socket.to_string_lossy());
    }
    sheet.put_text("socket_mode", &format!("{:04o}", control.socket_mode));
    if let Some(listen) = control.listen {
        sheet.put_text("listen", &listen.to_string());
    }
    if let Some(token) = &control.token {
        sheet.put_secret("token_file", quoted(MASK), vec![token.clone()]);
    }
}

fn network(settings: &Settings, sheet: &mut Sheet<'_>) {
    let network = &settings.network;
    if let Some(path) = &settings.ca_file {
        let digest = settings.ca_digest.clone().unwrap_or_default();
        sheet.put_secret("ca_file", quoted(&path.to_string_lossy()), vec![Secret::new(digest)]);
    }
    sheet.put("dns_servers", texts(network.dns_servers.iter().map(ToString::to_string)));
    sheet.put_text("dns_prefer", network.dns_prefer.name());
    sheet.put("limit_rate", size(network.limit_rate.unwrap_or(0)));
    sheet.put("max_buffered", size(network.max_buffered));
    sheet.put("per_address", network.per_address.to_string());
    sheet.put_text("tls_min", if network.only_tls13 { "1.3" } else { "1.2" });
}

fn host(rules: &HostRules, login: Option<&Login>, sheet: &mut Sheet<'_>) {
    if let Some(delay) = rules.delay_ms {
        sheet.put("delay", span(delay));
    }
    if let Some(per_host) = rules.per_host {
        sheet.put("per_host", per_host.to_string());
    }
    if let Some(rate) = rules.limit_rate {
        sheet.put("limit_rate", size(rate));
    }
    sheet.put("insecure", rules.insecure.to_string());
    if let Some(proxies) = &rules.proxy {
        job::put_proxy("proxy", proxies.of_http(), sheet);
    }
    match login {
        Some(Login::Basic(user, password)) => {
            sheet.put_text("username", user);
            sheet.put_secret("password", quoted(MASK), vec![password.clone()]);
        }
        Some(Login::Bearer(token)) => {
            sheet.put_secret("token", quoted(MASK), vec![token.clone()]);
        }
        None => {}
    }
}

/// A URL without its password and without what in its query has the name of a secret. All else, such
/// as `{query}`, stays as it is written.
fn masked(text: &str) -> String {
    let mut url = Url::parse(text).ok().filter(|url| url.password().is_some());
    let hidden = url.as_mut().is_some_and(|url| url.set_password(Some(MASK)).is_ok());
    let text = url.filter(|_| hidden).map_or_else(|| text.to_owned(), String::from);
    masked::masked(&text).into_owned()
}
