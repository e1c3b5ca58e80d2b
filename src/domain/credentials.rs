//! Who we are to servers that want to know: sent to the origins that the operator meant, and to no
//! other.
//!
//! Invariant: over plain http nothing goes to an origin that the operator did not write with
//! `http://` himself. Redirects need no rule: what is sent depends on the URL that is asked alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

use super::job::Root;
use super::secret::Secret;
use super::url::CanonicalUrl;

/// Headers that hold secrets.
pub const SECRET_HEADERS: [&str; 3] = ["Authorization", "Cookie", "Proxy-Authorization"];

/// Words that a name has which stands for a secret.
const SECRET_WORDS: [&str; 9] =
    ["apikey", "auth", "credential", "credentials", "key", "passwd", "password", "secret", "token"];

/// Does a name stand for a secret, such as `X-Api-Key` or `access_token`?
#[must_use]
pub fn names_a_secret(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| SECRET_WORDS.iter().any(|secret| word.eq_ignore_ascii_case(secret)))
}

/// Does a header of this name hold a secret?
#[must_use]
pub fn is_secret(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) || names_a_secret(name)
}

/// What a server lets us in by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// Name and password (RFC 7617).
    Basic(String, Secret),
    /// A token (RFC 6750).
    Bearer(Secret),
}

impl Login {
    /// The value of the `Authorization` header.
    #[must_use]
    pub fn header(&self) -> Secret {
        Secret::new(match self {
            Self::Basic(user, password) => {
                let pair = format!("{user}:{}", password.reveal());
                format!("Basic {}", STANDARD.encode(pair))
            }
            Self::Bearer(token) => format!("Bearer {}", token.reveal()),
        })
    }
}

/// The secrets that a job is given. They are part of no stored specification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Secrets {
    /// Headers for every host that the operator named.
    pub headers: Vec<(String, Secret)>,
    /// By host: `example.org`, `example.org:8080`.
    pub hosts: BTreeMap<String, Login>,
    /// By origin: `https://example.org`.
    pub origins: BTreeMap<String, Login>,
}

impl Secrets {
    /// Takes up the `user:password@` of a root; gives its origin if it has one.
    pub fn take_from(&mut self, root: &str, meant: &Root) -> Option<String> {
        let text = root.trim();
        let text = if meant.guessed { format!("https://{text}") } else { text.to_owned() };
        let url = Url::parse(&text).ok()?;
        if url.username().is_empty() && url.password().is_none() {
            return None;
        }
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = decoded(url.username());
        let password = Secret::new(decoded(url.password().unwrap_or_default()));
        let origin = meant.url.origin().to_owned();
        self.origins.insert(origin.clone(), Login::Basic(user, password));
        Some(origin)
    }
}

/// The secrets of a job, by the origins that they are for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    headers: Vec<(String, Secret)>,
    named: HashSet<String>,
    logins: HashMap<String, Secret>,
}

impl Credentials {
    /// The secrets of a job with these roots.
    #[must_use]
    pub fn new(secrets: &Secrets, roots: &[Root]) -> Self {
        let https = |authority: &str| format!("https://{authority}");
        let mut named = HashSet::new();
        for root in roots {
            named.insert(root.url.origin().to_owned());
            named.insert(https(root.url.authority()));
        }
        let mut logins = HashMap::new();
        for (authority, login) in &secrets.hosts {
            let plain = format!("http://{authority}");
            if named.contains(&plain) {
                logins.insert(plain, login.header());
            }
            logins.insert(https(authority), login.header());
        }
        let own = secrets.origins.iter().map(|(origin, login)| (origin.clone(), login.header()));
        logins.extend(own);
        Self { headers: secrets.headers.clone(), named, logins }
    }

    /// The headers that say to this URL's origin who we are.
    #[must_use]
    pub fn of(&self, url: &CanonicalUrl) -> Vec<(String, Secret)> {
        let mut headers = Vec::new();
        if !self.headers.is_empty() && self.named.contains(url.origin()) {
            headers.clone_from(&self.headers);
        }
        if !self.logins.is_empty()
            && let Some(login) = self.logins.get(url.origin())
        {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Authorization"));
            headers.push(("Authorization".to_owned(), login.clone()));
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(roots: &[&str], secrets: &Secrets) -> Credentials {
        let roots: Vec<Root> = roots.iter().map(|root| Root::parse(root).unwrap()).collect();
        Credentials::new(secrets, &roots)
    }

    /// What `url` gets, as `Name: value` lines.
    fn sent(credentials: &Credentials, url: &str) -> Vec<String> {
        let headers = credentials.of(&CanonicalUrl::parse(url).unwrap());
        headers.iter().map(|(name, value)| format!("{name}: {}", value.reveal())).collect()
    }

    fn basic() -> Login {
        Login::Basic("Aladdin".to_owned(), Secret::new("open sesame"))
    }

    #[test]
    fn a_login_of_a_host_goes_over_https_and_over_http_only_where_a_root_does() {
        let hosts = BTreeMap::from([("a.test".to_owned(), basic())]);
        let secrets = Secrets { hosts, ..Secrets::default() };
        let expected = ["Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="];
        let careful = job(&["https://a.test/", "b.test"], &secrets);
        assert_eq!(sent(&careful, "https://a.test/x"), expected);
        for stranger in [
            "http://a.test/",
            "https://a.test:444/",
            "https://www.a.test/",
            "https://b.test/",
            "http://a.test:443/",
        ] {
            assert!(sent(&careful, stranger).is_empty(), "{stranger}");
        }
        let guessed = job(&["a.test"], &secrets);
        assert!(sent(&guessed, "http://a.test/").is_empty(), "nobody wrote http://");
        let plain = job(&["http://a.test/"], &secrets);
        assert_eq!(sent(&plain, "http://a.test/"), expected);
        assert_eq!(sent(&plain, "https://a.test/"), expected);
    }

    #[test]
    fn a_login_in_a_root_is_for_its_very_origin() {
        let mut secrets = Secrets::default();
        let text = "http://us%65r:p%40ss@a.test:81/x";
        let root = Root::parse(text).unwrap();
        assert_eq!(secrets.take_from(text, &root), Some("http://a.test:81".to_owned()));
        assert!(!root.text().contains("ss"), "the root does not keep it");
        let guess = "me@b.test";
        assert!(secrets.take_from(guess, &Root::parse(guess).unwrap()).is_some());
        assert_eq!(secrets.take_from("c.test", &Root::parse("c.test").unwrap()), None);
        let credentials = job(&[text, guess], &secrets);
        assert_eq!(sent(&credentials, "http://a.test:81/"), ["Authorization: Basic dXNlcjpwQHNz"]);
        assert_eq!(sent(&credentials, "https://b.test/"), ["Authorization: Basic bWU6"]);
        for stranger in ["https://a.test:81/", "http://a.test/", "http://b.test/"] {
            assert!(sent(&credentials, stranger).is_empty(), "{stranger}");
        }
    }

    #[test]
    fn secret_headers_go_to_named_origins_and_a_login_replaces_authorization() {
        let headers = [("Cookie", "a=b"), ("authorization", "Bearer x")];
        let headers = headers.map(|(name, value)| (name.to_owned(), Secret::new(value))).to_vec();
        let hosts = BTreeMap::from([("a.test".to_owned(), Login::Bearer(Secret::new("t")))]);
        let credentials = job(
            &["https://a.test/", "https://b.test/"],
            &Secrets { headers, hosts, ..Secrets::default() },
        );
        assert_eq!(
            sent(&credentials, "https://a.test/"),
            ["Cookie: a=b", "Authorization: Bearer t"]
        );
        assert_eq!(
            sent(&credentials, "https://b.test/"),
            ["Cookie: a=b", "authorization: Bearer x"]
        );
        assert!(sent(&credentials, "https://c.test/").is_empty());
        assert!(sent(&credentials, "http://b.test/").is_empty());
    }

    #[test]
    fn a_name_that_stands_for_a_secret_is_told_from_others() {
        for secret in ["X-Api-Key", "x-auth-token", "access_token", "password", "Authorization"] {
            assert!(is_secret(secret), "{secret}");
        }
        for open in ["X-Requested-With", "Accept", "Referer", "X-Monkey", "Author"] {
            assert!(!is_secret(open), "{open}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let hosts = BTreeMap::from([("a.test".to_owned(), basic())]);
        let headers = vec![("Cookie".to_owned(), Secret::new("sesame"))];
        let secrets = Secrets { headers, hosts, ..Secrets::default() };
        let shown = format!("{secrets:?} {:?}", job(&["http://a.test/"], &secrets));
        assert!(!shown.contains("sesame") && !shown.contains("QWxh"), "{shown}");
    }
}
