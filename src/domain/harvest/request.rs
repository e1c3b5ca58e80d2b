//! The request of a query as it is configured and stored.

use serde::{Deserialize, Serialize};

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
