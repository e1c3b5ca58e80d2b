//! A misbehaviour: where it lives, what the server does, what crawld must make of it.

use std::io::Write as _;

use crate::raw_server::{Act, send};

/// What must be stored of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A page.
    Done,
    /// A redirect that leads on.
    Redirected,
    /// Failed, with this reason.
    Failed(&'static str),
    /// Never asked, with this reason.
    Excluded(&'static str),
}

impl End {
    /// State and reason as exported.
    pub(crate) fn cells(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("done", ""),
            Self::Redirected => ("redirected", ""),
            Self::Failed(reason) => ("failed", reason),
            Self::Excluded(reason) => ("excluded", reason),
        }
    }

    /// How often the URL may be asked, at least and at most, with one try. A connection closed or
    /// reset on its second use is excused, and so is the first wish for a rest.
    pub(crate) fn asked(self) -> (usize, usize) {
        match self {
            Self::Excluded(_) => (0, 0),
            Self::Failed("closed" | "reset" | "http_429") => (1, 9),
            _ => (1, 1),
        }
    }

    /// Does it end before the answer does?
    pub(crate) fn breaks(self) -> bool {
        let Self::Failed(reason) = self else { return false };
        let quick = ["closed", "reset", "bad_http", "truncated", "bad_encoding"];
        quick.contains(&reason) || self.slows()
    }

    /// Does it make crawld ask the host less often?
    pub(crate) fn slows(self) -> bool {
        let Self::Failed(reason) = self else { return false };
        reason.starts_with("timeout") || matches!(reason, "http_429" | "http_503")
    }
}

/// A misbehaviour on a path of its own.
pub(crate) struct Case {
    /// Path and query.
    pub(crate) path: String,
    /// What the server does, for the documentation.
    pub(crate) what: &'static str,
    pub(crate) acts: Vec<Act>,
    pub(crate) end: End,
    /// The title that must be stored, where the page has one of its own.
    pub(crate) title: Option<&'static str>,
    /// What it leads to besides: path and end.
    pub(crate) leads_to: Vec<(String, End)>,
}

impl Case {
    /// A case without a title of its own that leads nowhere.
    pub(crate) fn new(path: &str, what: &'static str, acts: Vec<Act>, end: End) -> Self {
        Self { path: path.to_owned(), what, acts, end, title: None, leads_to: Vec::new() }
    }

    /// With this title.
    pub(crate) fn titled(self, title: &'static str) -> Self {
        Self { title: Some(title), ..self }
    }

    /// That leads to this, too.
    pub(crate) fn to(mut self, path: &str, end: End) -> Self {
        self.leads_to.push((path.to_owned(), end));
        self
    }
}

/// A head and a body with its length.
pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Act {
    let body = body.as_ref();
    let length = body.len();
    let mut bytes = Vec::new();
    write!(bytes, "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n").unwrap();
    bytes.extend_from_slice(body);
    Act::Send(bytes)
}

/// A healthy page of HTML in UTF-8.
pub(crate) fn page(title: &str, markup: &str) -> Act {
    let html = format!("<!doctype html><title>{title}</title>{markup}");
    answer("200 OK", "Content-Type: text/html; charset=utf-8\r\n", html)
}

/// A page of these bytes as HTML.
pub(crate) fn html(content_type: &str, body: impl AsRef<[u8]>) -> Act {
    answer("200 OK", &format!("Content-Type: {content_type}\r\n"), body)
}

/// Bytes, then the connection is closed.
pub(crate) fn then_close(bytes: impl AsRef<[u8]>) -> Vec<Act> {
    vec![send(bytes), Act::Close]
}
