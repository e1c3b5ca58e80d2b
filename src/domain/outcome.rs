//! What became of a URL: the closed list of states and reasons, and the one table that says what
//! is tried again and whom a failure is held against.

use std::fmt;
use std::str::FromStr;

/// The state of a URL in its job. A queued URL that is being fetched is still queued: a crash then
/// needs no repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum UrlState {
    /// Waits to be asked, or to be asked again.
    Queued = 0,
    /// Answered with 2xx and read.
    Done = 1,
    /// Given up, with a reason.
    Failed = 2,
    /// Answered with a redirect; its target is a URL of its own.
    Redirected = 3,
    /// Not asked, by a rule of ours or of the site's.
    Excluded = 4,
}

impl UrlState {
    /// Every state, in the order of its number.
    pub const ALL: [Self; 5] =
        [Self::Queued, Self::Done, Self::Failed, Self::Redirected, Self::Excluded];

    /// The name used in exports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Redirected => "redirected",
            Self::Excluded => "excluded",
        }
    }

    /// The state with this stored number.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        usize::try_from(number).ok().and_then(|at| Self::ALL.get(at)).copied()
    }
}

impl fmt::Display for UrlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Why a URL failed or was excluded: the closed list of the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $($(#[$doc])* $variant,)*
            /// The server answered with this status, which is neither 2xx nor a redirect.
            Http(u16),
        }

        impl fmt::Display for Reason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant => f.write_str($name),)*
                    Self::Http(status) => write!(f, "http_{status}"),
                }
            }
        }

        impl FromStr for Reason {
            type Err = UnknownReason;

            fn from_str(name: &str) -> Result<Self, UnknownReason> {
                match name {
                    $($name => Ok(Self::$variant),)*
                    _ => name
                        .strip_prefix("http_")
                        .and_then(|status| status.parse().ok())
                        .map(Self::Http)
                        .ok_or(UnknownReason),
                }
            }
        }
    };
}

/// A name that is no reason of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownReason;

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such reason")
    }
}

impl std::error::Error for UnknownReason {}

reasons! {
    /// The host's name could not be resolved.
    Dns = "dns",
    /// The connection was refused.
    Refused = "refused",
    /// No route to the host or its network.
    Unreachable = "unreachable",
    /// The connection was reset.
    Reset = "reset",
    /// The connection was closed before an answer.
    Closed = "closed",
    /// The certificate has expired or is not yet valid.
    TlsExpired = "tls_expired",
    /// The certificate is for another name.
    TlsName = "tls_name",
    /// The certificate's issuer is not trusted.
    TlsUntrusted = "tls_untrusted",
    /// Another TLS failure.
    TlsOther = "tls_other",
    /// Name lookup and connecting took too long.
    TimeoutConnect = "timeout_connect",
    /// The TLS handshake took too long.
    TimeoutTls = "timeout_tls",
    /// The response head took too long.
    TimeoutHead = "timeout_head",
    /// The body fell silent for too long.
    TimeoutIdle = "timeout_idle",
    /// The whole exchange took too long.
    TimeoutTotal = "timeout_total",
    /// The answer is not HTTP.
    BadHttp = "bad_http",
    /// The body ended before its announced end.
    Truncated = "truncated",
    /// The body's content coding is broken or unknown.
    BadEncoding = "bad_encoding",
    /// The body, or what it decompresses to, is over the limit.
    TooLarge = "too_large",
    /// The answer is not what the job can read.
    BadAnswer = "bad_answer",
    /// The redirect closes a loop.
    RedirectLoop = "redirect_loop",
    /// The chain of redirects is over its budget.
    RedirectLimit = "redirect_limit",
    /// A redirect without Location.
    RedirectNoLocation = "redirect_no_location",
    /// A redirect to something that is no http(s) URL.
    RedirectBadTarget = "redirect_bad_target",
    /// A redirect to a private address.
    RedirectPrivate = "redirect_private",
    /// robots.txt could not be had, so nothing may be asked.
    RobotsUnavailable = "robots_unavailable",
    /// The page killed its worker at every try.
    Poison = "poison",
    /// Excluded: robots.txt disallows it.
    Robots = "robots",
    /// Excluded: out of scope (only for queued URLs that a changed scope set aside).
    Scope = "scope",
    /// Excluded: deeper than `max_depth`.
    Depth = "depth",
    /// Excluded: the URL is too long.
    TrapLength = "trap_length",
    /// Excluded: the path has too many segments.
    TrapDepth = "trap_depth",
    /// Excluded: the same segment over and over.
    TrapRepeat = "trap_repeat",
    /// Excluded: too many query parameters.
    TrapQuery = "trap_query",
    /// Excluded: a private address.
    Private = "private",
}

/// Whom a failure is held against, and so what is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The host cannot be reached: it rests, the URL keeps its tries.
    Host,
    /// This try of this URL failed: it is tried again, up to `max_tries`.
    Try,
    /// The answer is final.
    Final,
}

impl Reason {
    /// The one retry table (contract, section 6).
    #[must_use]
    pub fn blame(self) -> Blame {
        match self {
            Self::Dns
            | Self::Refused
            | Self::Unreachable
            | Self::TlsExpired
            | Self::TlsName
            | Self::TlsUntrusted
            | Self::TlsOther
            | Self::TimeoutConnect
            | Self::TimeoutTls => Blame::Host,
            Self::Reset
            | Self::Closed
            | Self::TimeoutHead
            | Self::TimeoutIdle
            | Self::TimeoutTotal
            | Self::BadHttp
            | Self::Truncated
            | Self::BadEncoding
            | Self::BadAnswer
            | Self::Poison
            | Self::Http(408 | 425 | 429 | 500..=599) => Blame::Try,
            _ => Blame::Final,
        }
    }

    /// Is it one of the reasons for not asking at all?
    #[must_use]
    pub fn is_exclusion(self) -> bool {
        matches!(
            self,
            Self::Robots
                | Self::Scope
                | Self::Depth
                | Self::TrapLength
                | Self::TrapDepth
                | Self::TrapRepeat
                | Self::TrapQuery
                | Self::Private
        )
    }

    /// Is it a time-out after the connection stood, or a 503, 429: signs of a host in trouble?
    #[must_use]
    pub fn slows_host(self) -> bool {
        matches!(
            self,
            Self::TimeoutHead | Self::TimeoutIdle | Self::TimeoutTotal | Self::Http(429 | 503)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_survives_its_name() {
        for name in ["dns", "tls_name", "http_404", "poison", "trap_query"] {
            assert_eq!(name.parse::<Reason>().map(|r| r.to_string()).as_deref(), Ok(name));
        }
        assert_eq!("http_".parse::<Reason>(), Err(UnknownReason));
        assert_eq!("nonsense".parse::<Reason>(), Err(UnknownReason));
    }

    #[test]
    fn a_state_survives_its_number() {
        for state in UrlState::ALL {
            assert_eq!(UrlState::from_number(state as i16), Some(state));
        }
        assert_eq!(UrlState::from_number(9), None);
    }
}
