//! From a query to the request that asks it, and to the row that stands for it.
//!
//! Invariant: different queries have different rows. A query within the URL is percent-encoded, so
//! that different ones make different URLs; where the URL does not tell them apart, the row's is
//! that of the endpoint with the query as its fragment, which no canonical URL has.

mod text;

use std::sync::Arc;

use serde_json::Value;

use super::plan::Plan;
use super::request::RequestSpec;
use super::spec::{RuleError, RuleErrors};
use crate::domain::request::{Method, Payload};
use crate::domain::url::{CanonicalUrl, UrlError, percent};
use crate::domain::{HostKey, UrlKey};
use text::{Escape, Text, pairs};

/// The request of a job that harvests, with blanks for the query.
#[derive(Debug, Clone)]
pub struct RequestTemplate {
    url: Text,
    /// How many `.` and `..` the path has, if the query stands there: it must not become another.
    dots: Option<usize>,
    endpoint: CanonicalUrl,
    /// What stands after the `?`, where the query stands there alone.
    params: Option<Text>,
    method: Method,
    headers: Vec<(String, Text)>,
    body: Option<Body>,
}

/// What is sent.
#[derive(Debug, Clone)]
struct Body {
    content_type: String,
    text: Text,
    escape: Escape,
}

/// The request for a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// What is asked.
    pub url: CanonicalUrl,
    /// How.
    pub method: Method,
    /// In place of the job's headers of these names.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub payload: Option<Payload>,
}

/// What the row of a query is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowUrl {
    /// The URL that is asked; with the query as its fragment where it is the same for others.
    pub url: String,
    /// The key of this text.
    pub key: UrlKey,
    /// The key of its host.
    pub host: HostKey,
    /// Its host.
    pub authority: String,
}

impl RequestTemplate {
    /// Reads what is configured.
    ///
    /// # Errors
    /// All of them: no place for the query, another `{name}`, no URL that can be asked, more than
    /// one thing to send, a method that cannot.
    pub fn new(spec: &RequestSpec) -> Result<Self, RuleErrors> {
        let mut errors = RuleErrors::default();
        let url = errors.take(url(spec));
        let endpoint = url.as_ref().and_then(|url| errors.take(endpoint(url)));
        let body = errors.take(body(spec));
        let sends = !spec.form.is_empty() || spec.json.is_some() || spec.body.is_some();
        let method = errors.take(method(spec, sends));
        let headers = spec.headers.iter().map(|pair| errors.take(header(pair)));
        let headers: Option<Vec<_>> = headers.collect::<Vec<_>>().into_iter().collect();
        let (Some(url), Some(body), Some(headers)) = (url, body, headers) else {
            return Err(errors);
        };
        // Where there is no URL, that is what is wrong.
        let blank = endpoint.is_none()
            || url.has_blanks()
            || body.as_ref().is_some_and(|body| body.text.has_blanks())
            || headers.iter().any(|(_, value)| value.has_blanks());
        if !blank {
            let problem = "{query} is nowhere: write it where the query goes, as in \
                           https://shop.example/suggest?q={query} or --form 'q={query}'";
            errors.0.push(wrong("", problem));
        }
        errors.or(endpoint.zip(method).map(|((endpoint, dots), method)| {
            let params = url.after_first('?').filter(|_| dots.is_none());
            Self { url, dots, endpoint, params, method, headers, body }
        }))
    }

    /// The URL with nothing for a query: its host is the one that the operator named.
    #[must_use]
    pub fn endpoint(&self) -> &CanonicalUrl {
        &self.endpoint
    }

    /// How it is asked.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The request for a query: the text as sent, with what stands before and after its letters.
    ///
    /// # Errors
    /// When a URL cannot hold it: `..` as a segment of the path.
    pub fn fill(&self, query: &str) -> Result<Filled, UrlError> {
        Ok(self.fill_at(self.url_of(&Escape::Url.write(query))?, query))
    }

    /// The same, where the URL that it goes to is known: that of the query's row.
    #[must_use]
    pub fn fill_at(&self, url: CanonicalUrl, query: &str) -> Filled {
        let in_url = Escape::Url.write(query);
        let header = |(name, value): &(String, Text)| (name.clone(), value.fill(&in_url));
        Filled {
            url,
            method: self.method,
            headers: self.headers.iter().map(header).collect(),
            payload: self.body.as_ref().map(|body| Payload {
                content_type: body.content_type.clone(),
                bytes: Arc::from(body.text.fill(&body.escape.write(query)).into_bytes()),
            }),
        }
    }

    /// The URL that the query's row bears: no other query of the job has it.
    ///
    /// # Errors
    /// When a URL cannot hold it: `..` as a segment of the path.
    pub fn row_url(&self, query: &str) -> Result<RowUrl, UrlError> {
        let in_url = Escape::Url.write(query);
        let asked = self.url_of(&in_url)?;
        let (url, key) = if self.url.has_blanks() {
            (asked.as_str().to_owned(), asked.key())
        } else {
            asked.key_of_query(&in_url)
        };
        Ok(RowUrl { key, host: asked.host_key(), authority: asked.authority().to_owned(), url })
    }

    /// The queries of a plan, as they are sent, that no URL can hold. Nothing but dots makes a segment
    /// of the path that means another place.
    #[must_use]
    pub fn unheld(&self, plan: &Plan) -> Vec<String> {
        let dots = ["", ".", ".."].into_iter().filter(|text| plan.has(text));
        dots.map(|text| plan.query(text)).filter(|query| self.row_url(query).is_err()).collect()
    }

    /// The URL with a query as it stands in URLs.
    fn url_of(&self, in_url: &str) -> Result<CanonicalUrl, UrlError> {
        if !self.url.has_blanks() {
            return Ok(self.endpoint.clone());
        }
        if let Some(params) = &self.params {
            return self.endpoint.with_query(&params.fill(in_url));
        }
        let text = self.url.fill(in_url);
        if self.dots.is_some_and(|dots| dots != dot_segments(&text)) {
            let why = "the query is a dot segment of the path".to_owned();
            return Err(UrlError::Invalid(why));
        }
        CanonicalUrl::parse(&text)
    }
}

/// The URL with its parameters, without a fragment.
fn url(spec: &RequestSpec) -> Result<Text, RuleError> {
    let given = spec.url.trim();
    let (given, fragment) = given.split_once('#').unwrap_or((given, ""));
    let problem = |problem: String| wrong("url", &problem);
    if Text::parse(fragment).is_ok_and(|fragment| fragment.has_blanks()) {
        return Err(wrong("url", "{query} stands after the #, which is never sent"));
    }
    let scheme = if given.contains("://") { "" } else { "https://" };
    let mut url = Text::parse(&format!("{scheme}{given}")).map_err(problem)?;
    let params = pairs(&spec.params, Escape::Url).map_err(|why| wrong("params", &why))?;
    if !spec.params.is_empty() {
        url.push(if given.contains('?') { "&" } else { "?" });
        url.append(params);
    }
    let before_blanks = url.parts().split_last().map_or(&[][..], |(_, before)| before);
    if before_blanks.iter().any(|part| ends_in_escape(part)) {
        return Err(wrong("url", "a % stands before {query}: write %25 for the sign itself"));
    }
    Ok(url)
}

/// Would what follows become part of an escape?
fn ends_in_escape(part: &str) -> bool {
    part.ends_with('%') || part.chars().rev().nth(1) == Some('%')
}

/// The URL without a query, and how many dot segments its path has if the query stands there.
fn endpoint(url: &Text) -> Result<(CanonicalUrl, Option<usize>), RuleError> {
    let filled = |query: &str| {
        CanonicalUrl::parse(&url.fill(query)).map_err(|error| {
            wrong("url", &format!("{error}; give one such as https://shop.example/suggest"))
        })
    };
    let (one, other) = (filled("a")?, filled("b")?);
    if one.origin() != other.origin() {
        return Err(wrong("url", "{query} stands in the host, which must be one: name it"));
    }
    let in_path = one.path() != other.path();
    Ok((filled("")?, in_path.then(|| dot_segments(&url.fill("a")))))
}

/// Segments of the path that mean another place (RFC 3986, 5.2.4).
fn dot_segments(url: &str) -> usize {
    let path = percent::normalise(url.split('?').next().unwrap_or_default());
    path.split('/').filter(|segment| matches!(*segment, "." | "..")).count()
}

/// What is sent, of which there may be one.
fn body(spec: &RequestSpec) -> Result<Option<Body>, RuleError> {
    let given = [!spec.form.is_empty(), spec.json.is_some(), spec.body.is_some()];
    if given.into_iter().filter(|given| *given).count() > 1 {
        return Err(wrong("", "give one of form, json and body"));
    }
    if spec.content_type.is_some() && spec.body.is_none() {
        return Err(wrong("content_type", "is for body: a form and JSON have their own"));
    }
    let body = |content_type: &str, text: Text, escape: Escape| {
        Ok(Some(Body { content_type: content_type.to_owned(), text, escape }))
    };
    if !spec.form.is_empty() {
        let text = pairs(&spec.form, Escape::Form).map_err(|why| wrong("form", &why))?;
        body("application/x-www-form-urlencoded", text, Escape::Form)
    } else if let Some(json) = &spec.json {
        serde_json::from_str::<Value>(json).map_err(|error| {
            wrong("json", &format!("no JSON: {error}; {{query}} stands within quotes"))
        })?;
        let text = Text::parse(json).map_err(|why| wrong("json", &why))?;
        body("application/json", text, Escape::Json)
    } else if let Some(text) = &spec.body {
        let text = Text::parse(text).map_err(|why| wrong("body", &why))?;
        let plain = "text/plain; charset=utf-8";
        let content_type = spec.content_type.as_deref().unwrap_or(plain);
        if content_type.chars().any(char::is_control) {
            return Err(wrong("content_type", "holds control characters"));
        }
        body(content_type, text, Escape::Nothing)
    } else {
        Ok(None)
    }
}

fn method(spec: &RequestSpec, sends: bool) -> Result<Method, RuleError> {
    match spec.method {
        Some(Method::Head) => Err(wrong("method", "HEAD has no answer to read: GET or POST")),
        Some(Method::Get) if sends => {
            Err(wrong("method", "GET sends no form, json or body: POST does"))
        }
        Some(method) => Ok(method),
        None => Ok(if sends { Method::Post } else { Method::Get }),
    }
}

/// A header; a query stands in it as in a URL.
fn header((name, value): &(String, String)) -> Result<(String, Text), RuleError> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let key = format!("headers.{name}");
    if name.is_empty() || !name.chars().all(token) {
        return Err(wrong("headers", &format!("{name:?} is no name of a header")));
    }
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(wrong(&key, "holds control characters"));
    }
    let text = Text::parse(value).map_err(|why| wrong(&key, &why))?;
    Ok((name.clone(), text))
}

fn wrong(key: &str, problem: &str) -> RuleError {
    let key = if key.is_empty() { "request".to_owned() } else { format!("request.{key}") };
    RuleError { key, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests;
