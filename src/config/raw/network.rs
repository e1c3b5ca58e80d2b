//! The keys of `[http]` that hold for the whole process: name look-up and addresses.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::faults::{Faults, set};
use super::listed::Texts;
use super::secret_file::Credentials;
use super::way::only_tls13;
use crate::config::Network;

/// Port of a name server that is given without one.
const DNS_PORT: u16 = 53;

/// The keys of `[http]` that no job has for itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NetworkKeys {
    ca_file: Option<String>,
    pub(super) per_address: Option<usize>,
    max_buffered: Option<String>,
    limit_rate: Option<String>,
    tls_min: Option<String>,
    dns_servers: Option<Texts>,
    dns_prefer: Option<String>,
}

impl NetworkKeys {
    /// Further certificates, and the digest of what they are now.
    pub(super) fn certificates(
        &self,
        credentials: Credentials<'_>,
        faults: &mut Faults,
    ) -> (Option<PathBuf>, Option<String>) {
        let file = self.ca_file.as_deref();
        let path = file.and_then(|text| credentials.path("ca_file", text, faults));
        let bytes = path.as_ref().and_then(|path| {
            let read = credentials.bytes(path).map_err(|error| {
                let withheld = error.kind() == io::ErrorKind::PermissionDenied;
                (withheld, error.to_string())
            });
            let good = read.and_then(|bytes| {
                hold_a_certificate(&bytes).map(|()| bytes).map_err(|why| (false, why))
            });
            let told = good.map_err(|(withheld, why)| {
                let mend = "give a PEM file of certificates";
                let fault = format!("ca_file: {}: {why}; {mend}", path.display());
                if withheld { faults.unread.push(fault) } else { faults.all.push(fault) }
            });
            told.ok()
        });
        let digest = bytes.map(|bytes| {
            Sha256::digest(&bytes)
                .iter()
                .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
        });
        (path, digest)
    }

    pub(super) fn decide(&self, faults: &mut Faults) -> Network {
        let mut network = Network::default();
        for text in self.dns_servers.iter().flat_map(Texts::each) {
            match name_server(text) {
                Some(address) => network.dns_servers.push(address),
                None => faults.push(
                    "dns_servers",
                    format_args!(
                        "'{text}' is no address; write 9.9.9.9, 127.0.0.1:5353 or [::1]:53"
                    ),
                ),
            }
        }
        match self.dns_prefer.as_deref().map(str::parse) {
            Some(Ok(prefer)) => network.dns_prefer = prefer,
            Some(Err(why)) => faults.push("dns_prefer", why),
            None => {}
        }
        faults.size("max_buffered", self.max_buffered.as_ref(), &mut network.max_buffered);
        faults.at_least("max_buffered", &network.max_buffered, &(1 << 20));
        network.limit_rate = faults.rate("limit_rate", self.limit_rate.as_ref());
        network.only_tls13 = only_tls13(self.tls_min.as_deref(), faults);
        set(&mut network.per_address, self.per_address);
        network
    }
}

/// Is there one that can be trusted?
fn hold_a_certificate(bytes: &[u8]) -> Result<(), String> {
    let found = CertificateDer::pem_slice_iter(bytes).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| error.to_string())?;
    let (good, _) = RootCertStore::empty().add_parsable_certificates(found);
    if good == 0 { Err("no certificate in it".to_owned()) } else { Ok(()) }
}

fn name_server(text: &str) -> Option<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address: Option<IpAddr> = bare.parse().ok();
    address.map(|ip| SocketAddr::new(ip, DNS_PORT)).or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_server_is_an_address_with_or_without_a_port() {
        let read = |text| name_server(text).map(|address| address.to_string());
        assert_eq!(read("9.9.9.9").as_deref(), Some("9.9.9.9:53"));
        assert_eq!(read("127.0.0.1:5353").as_deref(), Some("127.0.0.1:5353"));
        for six in ["::1", "[::1]", "[::1]:53"] {
            assert_eq!(read(six).as_deref(), Some("[::1]:53"), "{six}");
        }
        for wrong in ["", "dns.example", "9.9.9.9:x", "9.9.9.9:99999"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
