//! `[daemon]` and `[control]`.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::faults::Faults;
use super::secret_file::{Credentials, is_token};
use crate::config::{Control, Settings};
use crate::logging;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DaemonKeys {
    concurrency: Option<usize>,
    threads: Option<usize>,
    grace: Option<String>,
    stop_timeout: Option<String>,
    log: Option<String>,
    log_format: Option<String>,
}

impl DaemonKeys {
    pub(super) fn apply(self, settings: &mut Settings, faults: &mut Faults) {
        let mut grace = -1;
        faults.span("grace", self.grace.as_ref(), &mut grace);
        settings.grace_ms = (grace >= 0).then_some(grace);
        faults.span("stop_timeout", self.stop_timeout.as_ref(), &mut settings.stop_timeout_ms);
        faults.at_least("stop_timeout", &settings.stop_timeout_ms, &1);
        if grace > settings.stop_timeout_ms {
            faults.push("grace", "longer than stop_timeout, which is the longest stop of all");
        }
        settings.concurrency = self.concurrency.unwrap_or(settings.concurrency);
        faults.at_least("concurrency", &settings.concurrency, &1);
        if settings.concurrency > 100_000 {
            faults.push("concurrency", format_args!("{} is over 100000", settings.concurrency));
        }
        settings.threads = self.threads.unwrap_or(settings.threads);
        if let Some(Err(why)) = self.log.as_deref().map(logging::check) {
            faults.push("log", why);
        }
        settings.log = self.log;
        match self.log_format.as_deref() {
            None | Some("text") => {}
            Some("json") => settings.log_format = logging::Format::Json,
            Some(other) => {
                faults.push("log_format", format_args!("'{other}' is neither 'text' nor 'json'"));
            }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ControlKeys {
    socket: Option<PathBuf>,
    socket_mode: Option<String>,
    listen: Option<String>,
    token_file: Option<String>,
}

impl ControlKeys {
    pub(super) fn decide(self, credentials: Credentials<'_>, faults: &mut Faults) -> Control {
        let mut control = Control { socket: self.socket, ..Control::default() };
        if control.socket.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
            faults.push("socket", "empty; name the file of the socket");
        }
        if let Some(text) = &self.socket_mode {
            match u32::from_str_radix(text, 8) {
                Ok(mode) if mode <= 0o777 => control.socket_mode = mode,
                _ => {
                    faults.push("socket_mode", format_args!("'{text}' is no mode; write \"0660\""));
                }
            }
        }
        if let Some(text) = &self.listen {
            control.listen = listen(text, faults);
        }
        let file = self.token_file.as_deref();
        control.token = file.and_then(|file| credentials.read("token_file", file, faults));
        if control.token.as_ref().is_some_and(|token| !is_token(token)) {
            faults.push("token_file", "its first line holds spaces or other than ASCII");
        }
        if control.listen.is_some() && file.is_none() {
            faults.push("listen", "everyone on this machine could come in; give token_file too");
        }
        control
    }
}

/// An address of this machine alone.
fn listen(text: &str, faults: &mut Faults) -> Option<SocketAddr> {
    let address = text.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback());
    if address.is_none() {
        let mend = "write 127.0.0.1:7700 or [::1]:7700";
        faults.push("listen", format_args!("'{text}' is no loopback address with a port; {mend}"));
    }
    address
}
