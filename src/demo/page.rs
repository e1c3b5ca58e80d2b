//! What is asked of the demo site, and what it answers.

use std::borrow::Cow;
use std::time::Duration;

use html_escape::encode_text;
use serde_json::Value;
use url::form_urlencoded;

/// A request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// `GET`, `POST`, ...
    pub(super) method: &'a str,
    /// Path without the query.
    pub(super) path: &'a str,
    /// The query without its question mark; may be empty.
    pub(super) query: &'a str,
    /// The body.
    pub(super) body: &'a [u8],
    /// Does the request say that a script sends it (`X-Requested-With: XMLHttpRequest`)?
    pub(super) by_script: bool,
    /// How often this path has been asked, now included.
    pub(super) times: u64,
    /// `http://127.0.0.1:PORT`.
    pub(super) origin: &'a str,
}

impl Asked<'_> {
    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        field(self.query.as_bytes(), name)
    }

    /// The number in a parameter of the query.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.parameter(name)?.parse().ok()
    }

    /// A field of the form in the body.
    pub(super) fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        field(self.body, name)
    }
}

fn field<'a>(pairs: &'a [u8], name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(pairs).find_map(|(key, value)| (key == name).then_some(value))
}

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Whole and at once.
    Whole,
    /// Not before this has passed.
    Late(Duration),
    /// Only its first half, though its length is announced.
    Cut,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// The status.
    pub(super) status: u16,
    /// `Content-Type`; empty: none.
    pub(super) content_type: &'static str,
    /// `Location` of a redirect.
    pub(super) location: Option<String>,
    /// The body.
    pub(super) body: String,
    /// How it is sent.
    pub(super) manner: Manner,
}

impl Page {
    /// 200 with this body.
    pub(super) fn of(content_type: &'static str, body: String) -> Self {
        Self { status: 200, content_type, location: None, body, manner: Manner::Whole }
    }

    /// A plain text.
    pub(super) fn text(body: String) -> Self {
        Self::of("text/plain; charset=utf-8", body)
    }

    /// JSON.
    pub(super) fn json(value: &Value) -> Self {
        Self::of("application/json", value.to_string())
    }

    /// A page with this title (a text) and this body (HTML).
    pub(super) fn html(title: &str, body: &str) -> Self {
        let title = encode_text(title);
        let whole = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <title>{title}</title></head>\n<body>\n{body}\n</body></html>\n"
        );
        Self::of("text/html; charset=utf-8", whole)
    }

    /// A redirect.
    pub(super) fn redirect(location: String) -> Self {
        Self {
            status: 302,
            location: Some(location),
            ..Self::text("It is elsewhere.\n".to_owned())
        }
    }

    /// 404.
    pub(super) fn missing() -> Self {
        Self::html("Not here", "<p>There is no such page.</p>").status(404)
    }

    /// With this status.
    pub(super) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Sent in this manner.
    pub(super) fn sent(self, manner: Manner) -> Self {
        Self { manner, ..self }
    }
}
