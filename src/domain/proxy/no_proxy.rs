//! Which hosts are asked without a proxy.

use std::net::IpAddr;

use super::{address, bare};
use crate::domain::url::CanonicalUrl;

/// The hosts that are asked without a proxy, as `no_proxy` lists them.
///
/// `*` is every host. A name is that host and every name under it, with or without a dot or `*.`
/// in front. An address is that address, `10.0.0.0/8` a network: they count for hosts that are
/// written as addresses, names are not looked up for it. `:port` behind any of them confines it
/// to that port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoProxy {
    rules: Vec<Rule>,
    texts: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    All,
    Name(String),
    Net(IpAddr, u32),
}

impl NoProxy {
    /// Reads the entries; each may itself be a list with commas or spaces. Empty ones are left out.
    ///
    /// # Errors
    /// With the entry that is no network, or whose port is none.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let separate = |c: char| c == ',' || c.is_whitespace();
        let mut found = Self::default();
        for text in entries.into_iter().flat_map(|entry| entry.split(separate)) {
            if !text.is_empty() {
                found.rules.push(Rule::parse(text)?);
                found.texts.push(text.to_owned());
            }
        }
        Ok(found)
    }

    /// Is the URL's host among them?
    #[must_use]
    pub fn covers(&self, url: &CanonicalUrl) -> bool {
        self.rules.iter().any(|rule| rule.covers(url))
    }

    /// The entries, as written.
    #[must_use]
    pub fn entries(&self) -> &[String] {
        &self.texts
    }
}

impl Rule {
    fn parse(text: &str) -> Result<Self, String> {
        let (host, port) = split_port(text);
        let port = port.map(str::parse).transpose().map_err(|_| format!("'{text}': no port"))?;
        let hosts = if host == "*" {
            Hosts::All
        } else if let Some((net, length)) = host.split_once('/') {
            net_of(net, length)
                .ok_or_else(|| format!("'{text}' is no network; write 10.0.0.0/8"))?
        } else if let Some(ip) = address(host) {
            Hosts::Net(ip, bits(ip))
        } else {
            let name = host.strip_prefix('*').unwrap_or(host).trim_start_matches('.');
            Hosts::Name(bare(name).to_ascii_lowercase())
        };
        Ok(Self { hosts, port })
    }

    fn covers(&self, url: &CanonicalUrl) -> bool {
        let hosts = match &self.hosts {
            Hosts::All => true,
            Hosts::Name(name) => is_under(url.host(), name),
            Hosts::Net(net, length) => url.address().is_some_and(|ip| is_in(ip, *net, *length)),
        };
        hosts && self.port.is_none_or(|port| port == url.port())
    }
}

/// Host and port of an entry. An IPv6 address without brackets has many colons and no port.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    }
}

fn net_of(net: &str, length: &str) -> Option<Hosts> {
    let ip = address(net)?;
    let length = length.parse().ok().filter(|length| *length <= bits(ip))?;
    Some(Hosts::Net(ip, length))
}

fn bits(ip: IpAddr) -> u32 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn is_in(ip: IpAddr, net: IpAddr, length: u32) -> bool {
    let differ = match (ip, net) {
        (IpAddr::V4(ip), IpAddr::V4(net)) => (ip.to_bits() ^ net.to_bits()).leading_zeros(),
        (IpAddr::V6(ip), IpAddr::V6(net)) => (ip.to_bits() ^ net.to_bits()).leading_zeros(),
        _ => return false,
    };
    differ >= length
}

/// Is `host` the name itself, or a name under it?
fn is_under(host: &str, name: &str) -> bool {
    let Some(before) = host.strip_suffix(name) else { return false };
    !name.is_empty() && (before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(entries: &str, url: &str) -> bool {
        NoProxy::parse([entries]).unwrap().covers(&CanonicalUrl::parse(url).unwrap())
    }

    #[test]
    fn a_name_covers_itself_and_what_is_under_it() {
        for entry in ["example.org", ".example.org", "*.example.org", "EXAMPLE.org."] {
            assert!(covers(entry, "http://example.org/"), "{entry}");
            assert!(covers(entry, "https://a.b.Example.org/"), "{entry}");
            assert!(!covers(entry, "http://notexample.org/"), "{entry}");
            assert!(!covers(entry, "http://example.org.evil.test/"), "{entry}");
        }
    }

    #[test]
    fn lists_are_separated_by_commas_or_spaces_and_a_star_is_everything() {
        let list = " localhost, .example.org  10.0.0.1,,";
        assert!(covers(list, "http://localhost:99/") && covers(list, "http://x.example.org/"));
        assert!(covers(list, "http://10.0.0.1/") && !covers(list, "http://10.0.0.2/"));
        assert!(covers("a.test, *", "http://[::1]/") && covers("*", "http://any.test/"));
        assert!(!covers("", "http://any.test/") && !covers(".", "http://any.test/"));
    }

    #[test]
    fn networks_cover_the_addresses_in_them() {
        for (net, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("192.168.128.0/17", "192.168.128.1", "192.168.127.255"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("0.0.0.0/0", "8.8.8.8", "[::1]"),
            ("fd00::/8", "[fdff::1]", "[fe00::1]"),
            ("::1", "[::1]", "[::2]"),
            ("[::1]", "[::1]", "[::2]"),
        ] {
            assert!(covers(net, &format!("http://{inside}/")), "{net} {inside}");
            assert!(!covers(net, &format!("http://{outside}/")), "{net} {outside}");
        }
        assert!(!covers("10.0.0.0/8", "http://ten.test/"), "names are not looked up");
    }

    #[test]
    fn a_port_confines_an_entry() {
        for (entry, url) in [
            ("a.test:8080", "http://a.test:8080/"),
            ("a.test:443", "https://x.a.test/"),
            ("127.0.0.1:80", "http://127.0.0.1/"),
            ("[::1]:81", "http://[::1]:81/"),
            ("10.0.0.0/8:81", "http://10.1.2.3:81/"),
        ] {
            assert!(covers(entry, url), "{entry}");
        }
        for (entry, url) in [
            ("a.test:8080", "http://a.test/"),
            ("a.test:443", "http://a.test/"),
            ("127.0.0.1:80", "https://127.0.0.1/"),
            ("[::1]:81", "http://[::1]/"),
            ("10.0.0.0/8:81", "http://10.1.2.3/"),
        ] {
            assert!(!covers(entry, url), "{entry}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        for text in ["10.0.0.0/33", "10.0.0.0/x", "nonsense/8", "a.test:port", "a.test:70000"] {
            let error = NoProxy::parse(["fine.test", text]).expect_err(text);
            assert!(error.contains(text), "{error}");
        }
    }
}
