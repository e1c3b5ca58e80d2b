//! From files, environment and command line to [`Settings`], or to all that is wrong.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use config::builder::DefaultState;
use config::{Config, ConfigBuilder, Environment, ValueKind};

use super::files::{self, Document};
use super::{ConfigError, Override, Settings, Surroundings, Value, clash, places, raw};

/// Reads the settings: defaults, then the file, then `conf.d/*.toml` beside it in the order of their
/// names, then `CRAWLD__SECTION__KEY`, then the command line.
///
/// # Errors
/// With every fault found, each naming its file or key and the mend.
pub fn load(file: Option<&Path>, overrides: &[Override]) -> Result<Settings, ConfigError> {
    load_in(&Surroundings::of_process(), file, overrides)
}

/// [`load`] in other surroundings than those of the process.
///
/// # Errors
/// As [`load`].
pub fn load_in(
    around: &Surroundings,
    file: Option<&Path>,
    overrides: &[Override],
) -> Result<Settings, ConfigError> {
    let settings = look_in(around, file, overrides)?;
    if settings.unread.is_empty() {
        Ok(settings)
    } else {
        Err(ConfigError { errors: settings.unread })
    }
}

/// [`load`] for one who asks or checks, and opens no store: secrets that only the service may read
/// are masked, and told in [`Settings::unread`].
///
/// # Errors
/// As [`load`].
pub fn look(file: Option<&Path>, overrides: &[Override]) -> Result<Settings, ConfigError> {
    look_in(&Surroundings::of_process(), file, overrides)
}

/// Where the daemon of this configuration is most likely spoken to, though something in it is wrong.
#[must_use]
pub fn usual_socket(file: Option<&Path>) -> Option<PathBuf> {
    let text = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    let table = toml::from_str::<toml::Table>(&text).unwrap_or_default();
    let written = table.get("control").and_then(|control| control.get("socket"));
    let written = written.and_then(|socket| socket.as_str()).map(PathBuf::from);
    let named = std::env::var_os("CRAWLD__CONTROL__SOCKET").map(PathBuf::from);
    named.or(written).or_else(|| Surroundings::of_process().socket(file, false))
}

/// Where the daemon of this file is spoken to unless it is said. One that is spoken to elsewhere
/// leaves a link there.
#[must_use]
pub fn usual_place(file: &Path) -> Option<PathBuf> {
    Surroundings::of_process().socket(Some(file), false)
}

pub(super) fn look_in(
    around: &Surroundings,
    file: Option<&Path>,
    overrides: &[Override],
) -> Result<Settings, ConfigError> {
    let (documents, mut errors) = file.map(files::read).unwrap_or_default();
    let mut config = merged(&documents, around, overrides)
        .map_err(|error| ConfigError { errors: vec![error.to_string().replace('\n', ": ")] })?;
    errors.extend(clash::between(&documents));
    let misplaced = misplaced(&config);
    errors.extend(misplaced.iter().map(|fault| places::name(&documents, &config, fault)));
    if !misplaced.is_empty()
        && let ValueKind::Table(whole) = &mut config.cache.kind
    {
        // They have been told.
        whole.shift_remove("job");
    }
    let named = |faults: Vec<String>| -> Vec<String> {
        faults.iter().map(|fault| places::name(&documents, &config, fault)).collect()
    };
    match raw::decide(&config, around) {
        Ok(mut settings) if errors.is_empty() => {
            settings.unread = named(settings.unread);
            settings.doubts = named(settings.doubts);
            let alone = settings.database.is_some();
            let socket = settings.control.socket.take();
            settings.control.socket = socket.or_else(|| around.socket(file, alone));
            settings.database = settings.database.or_else(|| around.database());
            Ok(settings)
        }
        decided => {
            errors.extend(decided.err().map(named).unwrap_or_default());
            errors.sort_by_cached_key(|fault| places::order(file, fault));
            Err(ConfigError { errors: errors.iter().map(|error| one_line(error)).collect() })
        }
    }
}

/// A fault is one line, whatever characters its key is made of.
fn one_line(fault: &str) -> String {
    let each = fault.chars();
    each.fold(String::new(), |mut line, c| {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        line
    })
}

/// `[job.x]` where `[jobs.x]` is meant: only the options of a command have that section.
fn misplaced(config: &Config) -> Vec<String> {
    let Ok(jobs) = config.get_table("job") else { return Vec::new() };
    if jobs.is_empty() {
        return vec!["job: unknown section; jobs stand under [jobs.NAME]".to_owned()];
    }
    let given = jobs.into_iter().filter(|(_, value)| is_no_option(value));
    given
        .map(|(name, value)| match value.kind {
            ValueKind::Table(_) => format!("job.{name}: unknown section; is jobs.{name} meant?"),
            _ => format!("job.{name}: unknown key; jobs stand under [jobs.NAME]"),
        })
        .collect()
}

/// Does it come from a file or the environment? A section has no origin of its own.
fn is_no_option(value: &config::Value) -> bool {
    match &value.kind {
        ValueKind::Table(inner) => inner.is_empty() || inner.values().any(is_no_option),
        _ => value.origin().is_some(),
    }
}

fn merged(
    documents: &[Document],
    around: &Surroundings,
    overrides: &[Override],
) -> Result<Config, config::ConfigError> {
    let mut builder: ConfigBuilder<DefaultState> = Config::builder();
    for document in documents {
        builder = builder.add_source(document.clone());
    }
    let environment = Environment::with_prefix("CRAWLD").prefix_separator("__").separator("__");
    let variables = around.variables.clone().map(HashMap::into_iter).map(Iterator::collect);
    builder = builder.add_source(environment.try_parsing(true).source(variables));
    for given in overrides {
        builder = match &given.value {
            Value::Text(text) => builder.set_override(given.key, text.as_str())?,
            Value::Number(number) => builder.set_override(given.key, *number)?,
            Value::Flag(flag) => builder.set_override(given.key, *flag)?,
            Value::List(list) => builder.set_override(given.key, list.clone())?,
        };
        if given.key == "database.url" {
            // Those are of the URL in whose place this one stands.
            for key in ["database.url_file", "database.password_file"] {
                builder = builder.set_override(key, "")?;
            }
        }
    }
    builder.build()
}
