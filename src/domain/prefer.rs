//! In which order the addresses of a host are tried.

use std::net::IpAddr;
use std::str::FromStr;

/// Which kind of address is tried first. Both kinds are looked up, and the other kind is tried
/// when the first does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prefer {
    /// IPv4 first.
    #[default]
    Ipv4,
    /// IPv6 first.
    Ipv6,
    /// Whichever was found first.
    Any,
}

impl FromStr for Prefer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ipv4" => Ok(Self::Ipv4),
            "ipv6" => Ok(Self::Ipv6),
            "any" => Ok(Self::Any),
            other => Err(format!("'{other}' is none of 'ipv4', 'ipv6' and 'any'")),
        }
    }
}

impl Prefer {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Any => "any",
        }
    }

    /// At most `most` of these addresses, each once, in the order in which they are to be tried:
    /// the preferred kind first, then in turn, so that a kind that does not work costs one try and
    /// not all of them (RFC 8305, section 4). Within a kind the order stays.
    #[must_use]
    pub fn arrange(self, all: &[IpAddr], most: usize) -> Vec<IpAddr> {
        let (four, six): (Vec<_>, Vec<_>) = all.iter().copied().partition(IpAddr::is_ipv4);
        let six_first = match self {
            Self::Ipv4 => false,
            Self::Ipv6 => true,
            Self::Any => all.first().is_some_and(IpAddr::is_ipv6),
        };
        let (first, second) = if six_first { (six, four) } else { (four, six) };
        let (mut first, mut second) = (first.into_iter(), second.into_iter());
        let mut order = Vec::with_capacity(all.len().min(most));
        loop {
            let pair = [first.next(), second.next()];
            if pair == [None, None] {
                break;
            }
            for address in pair.into_iter().flatten() {
                if !order.contains(&address) && order.len() < most {
                    order.push(address);
                }
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arranged(prefer: Prefer, all: &[&str], most: usize) -> Vec<String> {
        let all: Vec<IpAddr> = all.iter().map(|ip| ip.parse().unwrap()).collect();
        prefer.arrange(&all, most).iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn the_preferred_kind_comes_first_and_the_kinds_take_turns() {
        let all = ["2001::1", "2001::2", "8.8.8.8", "8.8.4.4", "9.9.9.9"];
        let four = ["8.8.8.8", "2001::1", "8.8.4.4", "2001::2", "9.9.9.9"];
        let six = ["2001::1", "8.8.8.8", "2001::2", "8.8.4.4", "9.9.9.9"];
        assert_eq!(arranged(Prefer::Ipv4, &all, 9), four);
        assert_eq!(arranged(Prefer::Ipv6, &all, 9), six);
        assert_eq!(arranged(Prefer::Any, &all, 9), six);
    }

    #[test]
    fn no_address_comes_twice_and_no_more_than_asked_for() {
        assert_eq!(arranged(Prefer::Any, &["8.8.8.8", "8.8.8.8"], 9), ["8.8.8.8"]);
        assert_eq!(arranged(Prefer::Ipv4, &["1.1.1.1", "2.2.2.2", "3.3.3.3"], 2).len(), 2);
        assert!(arranged(Prefer::Ipv4, &[], 2).is_empty());
    }

    #[test]
    fn a_kind_is_read_by_its_name() {
        assert_eq!("ipv6".parse(), Ok(Prefer::Ipv6));
        assert!("IPv5".parse::<Prefer>().is_err_and(|why| why.contains("'ipv4'")));
    }
}
