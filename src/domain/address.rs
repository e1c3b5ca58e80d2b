//! Which addresses lie in the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Is this an address of the public internet, to be asked without the operator's word?
///
/// No: everything in the special-purpose registries of RFC 6890 (private, loopback, link-local and
/// so the metadata service, shared, documentation, benchmark, multicast, reserved), and every IPv6
/// form that carries an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo) whatever it carries:
/// no public server needs one, and each could lead inside.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    !matches!(
        ip.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18..=19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

/// Only `2000::/3` is given out as global unicast. That alone leaves out `::`, `::1`, mapped and
/// compatible IPv4, NAT64 (`64:ff9b::`), `fc00::/7`, `fe80::/10` and `ff00::/8`; within it are left
/// out `2001::/23` (Teredo and other protocol assignments), `2002::/16` (6to4), `2001:db8::/32` and
/// `3fff::/20` (documentation).
fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        [0x2001, 0x0000..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0x0000..=0x0fff, ..] => {
            false
        }
        [first, ..] => matches!(first, 0x2000..=0x3fff),
    }
}

/// Does the name mean this machine (RFC 6761: `localhost` and every name under it)?
#[must_use]
pub fn is_local_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.rsplit('.').next().is_some_and(|label| label.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::url::CanonicalUrl;

    fn public(ip: &str) -> bool {
        is_public(ip.parse().unwrap_or_else(|e| panic!("{ip}: {e}")))
    }

    #[test]
    fn special_ipv4_ranges_are_not_public_to_their_last_address() {
        for (first, last) in [
            ("0.0.0.0", "0.255.255.255"),
            ("10.0.0.0", "10.255.255.255"),
            ("100.64.0.0", "100.127.255.255"),
            ("127.0.0.1", "127.255.255.255"),
            ("169.254.169.254", "169.254.255.255"),
            ("172.16.0.0", "172.31.255.255"),
            ("192.0.0.0", "192.0.0.255"),
            ("192.0.2.0", "192.0.2.255"),
            ("192.88.99.0", "192.88.99.255"),
            ("192.168.0.0", "192.168.255.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("198.51.100.0", "198.51.100.255"),
            ("203.0.113.0", "203.0.113.255"),
            ("224.0.0.0", "239.255.255.255"),
            ("240.0.0.0", "255.255.255.255"),
        ] {
            assert!(!public(first), "{first}");
            assert!(!public(last), "{last}");
        }
    }

    #[test]
    fn the_neighbours_of_special_ipv4_ranges_are_public() {
        for ip in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.0.0.1",
            "128.0.0.1",
            "169.253.0.1",
            "169.255.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.0.3.0",
            "192.167.0.1",
            "192.169.0.1",
            "198.17.0.1",
            "198.20.0.0",
            "203.0.114.0",
            "223.255.255.255",
            "8.8.8.8",
            "93.184.215.14",
        ] {
            assert!(public(ip), "{ip}");
        }
    }

    #[test]
    fn special_ipv6_ranges_are_not_public() {
        for ip in [
            "::",
            "::1",
            "::8.8.8.8",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "ffff::1",
        ] {
            assert!(!public(ip), "{ip}");
        }
    }

    #[test]
    fn global_unicast_ipv6_is_public() {
        for ip in ["2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "3ffe::1"] {
            assert!(public(ip), "{ip}");
        }
    }

    #[test]
    fn every_notation_of_a_private_address_in_a_url_is_seen_through() {
        for url in [
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://0x7F000001/",
            "http://017700000001/",
            "http://2130706433/",
            "http://127.1/",
            "http://0/",
            "http://127.0.0.1./",
            "http://%31%32%37.0.0.1/",
            "http://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
            "http://127\u{3002}0\u{3002}0\u{3002}1/",
            "http://user@10.0.0.1:8080/",
            "http://[::ffff:127.0.0.1]/",
            "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
            "http://[::127.0.0.1]/",
            "http://[fd00:ec2::254]/",
            "http://3232235521/",
        ] {
            let address = CanonicalUrl::parse(url).unwrap().address();
            assert_eq!(address.map(is_public), Some(false), "{url}");
        }
    }

    #[test]
    fn names_under_localhost_are_local() {
        for host in ["localhost", "LOCALHOST", "a.localhost", "a.b.Localhost", "localhost."] {
            assert!(is_local_name(host), "{host}");
        }
        for host in ["", "example.org", "localhost.example.org", "notlocalhost", "a.notlocalhost"] {
            assert!(!is_local_name(host), "{host}");
        }
    }
}
