//! What a configuration means, as TOML: every value decided, secrets masked.

use std::io::{self, Write};

use serde_json::Value;
use url::Url;

use super::one_off::DEFAULT_DATABASE;
use crate::config::Settings;
use crate::domain::job::JobSpec;

/// What stands in place of a secret.
const MASK: &str = "***";

/// Prints the settings of the process, what a job has unless it says otherwise, and every job.
///
/// # Errors
/// When the place written to fails.
pub(super) fn print(settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let network = &settings.network;
    section(
        "daemon",
        &[
            ("concurrency", settings.concurrency.into()),
            ("threads", settings.threads.into()),
            ("grace", settings.grace_ms.map_or(Value::Null, span)),
            ("log", settings.log.clone().into()),
        ],
        out,
    )?;
    let url = settings.database.as_deref().unwrap_or(DEFAULT_DATABASE);
    section(
        "database",
        &[("url", masked(url).into()), ("known_cache", settings.known_cache.into())],
        out,
    )?;
    let servers: Vec<String> = network.dns_servers.iter().map(ToString::to_string).collect();
    let ca_file = settings.ca_file.as_ref().map(|path| path.to_string_lossy().into_owned());
    section(
        "http",
        &[
            ("ca_file", ca_file.into()),
            ("dns_servers", servers.into()),
            ("limit_rate", network.limit_rate.into()),
            ("max_buffered", network.max_buffered.into()),
            ("per_address", network.per_address.into()),
            ("tls_min", if network.only_tls13 { "1.3" } else { "1.2" }.into()),
        ],
        out,
    )?;
    writeln!(out, "# what a job has unless it says otherwise")?;
    job("defaults", &settings.job, out)?;
    for configured in &settings.jobs {
        job(&format!("jobs.{}", quoted(&configured.name)), &configured.spec, out)?;
    }
    Ok(())
}

fn section(name: &str, keys: &[(&str, Value)], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "[{name}]")?;
    for (key, value) in keys.iter().filter(|(_, value)| !value.is_null()) {
        writeln!(out, "{key} = {}", toml(value))?;
    }
    writeln!(out)
}

fn job(name: &str, spec: &JobSpec, out: &mut dyn Write) -> io::Result<()> {
    let Value::Object(all) = serde_json::to_value(spec)? else { return Ok(()) };
    writeln!(out, "[{name}]")?;
    for (key, value) in all.iter().filter(|(_, value)| !value.is_null()) {
        let (key, value) = match (key.strip_suffix("_ms"), key.as_str(), value.as_i64()) {
            (Some(key), _, Some(ms)) => (key, span(ms)),
            (_, "all_links", _) => ("links", if spec.all_links { "all" } else { "first" }.into()),
            (_, "headers", _) => ("headers", headers(spec)),
            _ => (key.as_str(), value.clone()),
        };
        writeln!(out, "{key} = {}", toml(&value))?;
    }
    let logins: Vec<&str> =
        spec.secrets.hosts.keys().chain(spec.secrets.origins.keys()).map(String::as_str).collect();
    if !logins.is_empty() {
        writeln!(out, "# logins are sent to: {}", logins.join(", "))?;
    }
    writeln!(out)
}

/// The headers as a table.
fn headers(spec: &JobSpec) -> Value {
    let open = spec.headers.iter().map(|(name, value)| (name.clone(), value.as_str()));
    let secret = spec.secrets.headers.iter().map(|(name, _)| (name.clone(), MASK));
    Value::Object(open.chain(secret).map(|(name, value)| (name, value.into())).collect())
}

fn span(ms: i64) -> Value {
    let span = std::time::Duration::from_millis(ms.max(0).unsigned_abs());
    humantime::format_duration(span).to_string().replace(' ', "").into()
}

/// A URL without its password.
fn masked(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    if url.password().is_none() || url.set_password(Some(MASK)).is_err() {
        return text.to_owned();
    }
    url.into()
}

/// A value as TOML has it. What is unknown within it is left out.
fn toml(value: &Value) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Array(items) => format!("[{}]", list(items.iter().map(toml).collect())),
        Value::Object(keys) => {
            let known = keys.iter().filter(|(_, value)| !value.is_null());
            let parts = known.map(|(key, value)| format!("{} = {}", quoted(key), toml(value)));
            format!("{{ {} }}", list(parts.collect()))
        }
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// A text in quotes. JSON's are those of TOML but for one character.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}
