//! What surrounds the process: the folders that systemd gives a service, and the environment.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};

/// Where the system's daemon is configured, unless its unit says otherwise.
pub const SYSTEM_FILE: &str = "/etc/crawld/crawld.toml";
/// Where the system's daemon is spoken to.
const SYSTEM_SOCKET: &str = "/run/crawld/control.sock";

/// The folders and variables that settings depend on.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `$STATE_DIRECTORY`: what is to be kept.
    pub state: Option<PathBuf>,
    /// `$RUNTIME_DIRECTORY`: what lives as long as the process.
    pub runtime: Option<PathBuf>,
    /// `$CONFIGURATION_DIRECTORY`.
    pub configuration: Option<PathBuf>,
    /// `$CREDENTIALS_DIRECTORY`: a file for each secret that was passed to the service.
    pub credentials: Option<PathBuf>,
    /// Variables in place of those of the process.
    pub variables: Option<HashMap<String, String>>,
}

impl Surroundings {
    /// Those of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            state: folder("STATE_DIRECTORY"),
            runtime: folder("RUNTIME_DIRECTORY"),
            configuration: folder("CONFIGURATION_DIRECTORY"),
            credentials: folder("CREDENTIALS_DIRECTORY"),
            variables: None,
        }
    }

    /// The configuration of the system's daemon, if there is one.
    #[must_use]
    pub fn system_file(&self) -> Option<PathBuf> {
        let own = self.configuration.as_ref().map(|folder| folder.join("crawld.toml"));
        own.into_iter().chain([PathBuf::from(SYSTEM_FILE)]).find(|file| file.exists())
    }

    /// Where everything is kept unless it is said; `None`: in the current folder.
    pub(super) fn database(&self) -> Option<String> {
        let folder = self.state.as_ref()?;
        Some(format!("sqlite://{}", folder.join("crawld.db").to_str()?))
    }

    /// Where a daemon with this configuration listens unless it is said: in its `$RUNTIME_DIRECTORY`;
    /// else the system's in /run/crawld, and any other beside its file. `alone`: a command that names
    /// a database and no configuration means no daemon.
    pub(super) fn socket(&self, file: Option<&Path>, alone: bool) -> Option<PathBuf> {
        if let Some(folder) = &self.runtime {
            return Some(folder.join("control.sock"));
        }
        match file {
            None if alone => None,
            Some(file) if file != Path::new(SYSTEM_FILE) => Some(file.with_extension("sock")),
            _ => Some(PathBuf::from(SYSTEM_SOCKET)),
        }
    }
}

/// A folder that a variable names; the first one of several.
fn folder(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable)?;
    env::split_paths(&value).find(|path| !path.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(around: &Surroundings, file: Option<&str>, alone: bool) -> Option<String> {
        let socket = around.socket(file.map(Path::new), alone);
        socket.map(|path| path.to_str().unwrap().to_owned())
    }

    #[test]
    fn each_daemon_has_its_own_socket_which_its_clients_find() {
        let outside = Surroundings::default();
        let service = Surroundings { runtime: Some("/run/x".into()), ..Surroundings::default() };
        let in_service = Some("/run/x/control.sock".to_owned());
        for (file, alone) in [(None, false), (None, true), (Some("a.toml"), false)] {
            assert_eq!(socket(&service, file, alone), in_service, "{file:?}");
        }
        let system = Some(SYSTEM_SOCKET.to_owned());
        assert_eq!(socket(&outside, None, false), system);
        assert_eq!(socket(&outside, Some(SYSTEM_FILE), true), system);
        assert_eq!(socket(&outside, Some("my/crawl.toml"), false), Some("my/crawl.sock".into()));
        assert_eq!(socket(&outside, None, true), None);
    }
}
