//! The options that say how hosts are got to: proxies and certificates.

use std::path::PathBuf;

use clap::Args;

use super::error::CommandError;
use crate::config::{Override, Value, values};
use crate::domain::proxy::{NoProxy, Proxy};

/// How hosts are got to.
#[derive(Debug, Clone, Args)]
pub(super) struct WayOptions {
    /// Ask through this proxy: `http://`, `socks5://` or `socks5h://USER:PASSWORD@HOST:PORT`;
    /// `none`: not even that of the environment. Others see what stands here in the list of
    /// processes: a password is better kept in a file or a variable
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Hosts that are asked without the proxy: names with all under them, addresses, networks, *
    #[arg(long, value_name = "LIST", value_parser = no_proxy)]
    no_proxy: Option<String>,
    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Do not check the certificate of this host (repeatable)
    #[arg(long, value_name = "HOST", value_parser = host)]
    insecure: Vec<String>,
    /// Least version of TLS [default: 1.2]
    #[arg(long, value_name = "VERSION", value_parser = ["1.2", "1.3"])]
    tls_min: Option<String>,
}

impl WayOptions {
    /// Was the file of certificates given here?
    pub(super) fn names_ca_file(&self) -> bool {
        self.ca_file.is_some()
    }

    /// Refuses a proxy that is none, without repeating what may be a password.
    ///
    /// # Errors
    /// Exit code 2.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        match self.proxy.as_deref().filter(|text| !matches!(text.trim(), "" | "none")) {
            None => Ok(()),
            Some(text) => Proxy::parse(text)
                .map(|_| ())
                .map_err(|why| CommandError::usage(format!("--proxy: {why}"))),
        }
    }

    /// The configuration keys that these options override.
    pub(super) fn overrides(&self) -> Vec<Override> {
        let ca_file = self.ca_file.as_ref().map(|path| path.to_string_lossy().into_owned());
        let texts = [
            ("http.proxy", self.proxy.clone()),
            ("http.no_proxy", self.no_proxy.clone()),
            ("http.ca_file", ca_file),
            ("http.tls_min", self.tls_min.clone()),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(key, text)| text.map(|text| Override { key, value: Value::Text(text) }));
        let hosts = (!self.insecure.is_empty())
            .then(|| Override { key: "job.insecure", value: Value::List(self.insecure.clone()) });
        texts.chain(hosts).collect()
    }
}

/// Checks exceptions from the proxy; they are read again with the settings.
fn no_proxy(text: &str) -> Result<String, String> {
    NoProxy::parse([text]).map(|_| text.to_owned())
}

/// Checks a host.
fn host(text: &str) -> Result<String, String> {
    let known = values::authority(text).map(|_| text.to_owned());
    known.ok_or_else(|| "no host; write example.org or example.org:8443".to_owned())
}
