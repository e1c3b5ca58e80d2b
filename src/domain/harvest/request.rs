//! The request of a query as it is configured and stored.

use serde::{Deserialize, Serialize};

use crate::domain::credentials::Secrets;
use crate::domain::job::Root;
use crate::domain::request::Method;

/// A request with `{query}` where the query goes: in the URL, a parameter, the form, the JSON, the
/// body or a header. `{{name}}` stands for `{name}` itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestSpec {
    /// By default POST if there is something to send, else GET.
    pub method: Option<Method>,
    /// Without a scheme https is supposed.
    pub url: String,
    /// Added to the URL's query: names and values.
    pub params: Vec<(String, String)>,
    /// Sent as `application/x-www-form-urlencoded`: names and values.
    pub form: Vec<(String, String)>,
    /// Sent as JSON: its text, in which `{query}` stands within strings.
    pub json: Option<String>,
    /// Sent as it is.
    pub body: Option<String>,
    /// Media type of `body`; by default plain text in UTF-8.
    pub content_type: Option<String>,
    /// In place of the job's headers of these names; what holds secrets is no part of it.
    pub headers: Vec<(String, String)>,
}

impl RequestSpec {
    /// Moves a `user:password@` of the URL to the secrets, for its origin alone, which is given.
    pub fn take_login(&mut self, secrets: &mut Secrets) -> Option<String> {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("https", &self.url));
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (_, host) = authority.rsplit_once('@')?;
        let origin = format!("{scheme}://{authority}/");
        let taken = Root::parse(&origin).ok().and_then(|root| secrets.take_from(&origin, &root));
        self.url = format!("{scheme}://{host}{path}");
        taken
    }
}
