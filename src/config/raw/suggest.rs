//! The keys of kind `suggest`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::faults::{Faults, set};
use super::kinds::Kind;
use crate::domain::credentials::is_secret;
use crate::domain::harvest::{CleaningSpec, FieldSpec, Matcher, RequestSpec, ResultSpec};
use crate::domain::job::{JobSpec, StrategyName, SuggestSpec};
use crate::domain::secret::Secret;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Suggest {
    request: Option<Request>,
    alphabet: Option<String>,
    fold: Option<bool>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    prefix: Option<String>,
    suffix: Option<String>,
    strategy: Option<StrategyName>,
    matcher: Option<Matcher>,
    learn: Option<bool>,
    budget: Option<i64>,
    results: Option<BTreeMap<String, Taken>>,
}

/// Not to be shown: its headers may hold secrets.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Request {
    method: Option<String>,
    url: String,
    params: Pairs,
    form: Pairs,
    json: Option<serde_json::Value>,
    body: Option<String>,
    content_type: Option<String>,
    headers: Pairs,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request")
    }
}

/// A kind of result.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a kind of result: write { path = \"$.query[*]\" }, or { css = \"li\" }"
)]
struct Taken {
    #[serde(default)]
    path: String,
    css: Option<String>,
    html: Option<String>,
    text: Option<Field>,
    #[serde(default)]
    fields: BTreeMap<String, Field>,
    #[serde(default)]
    aside: bool,
    #[serde(default)]
    strip_tags: bool,
    pattern: Option<String>,
    #[serde(default)]
    trim: bool,
}

/// A path or, of a kind with `css`, a selector; or one of them with what is done to what it finds.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "write a JSON path in quotes, or { path = \"$.price\", trim = true }"
)]
enum Field {
    Path(String),
    Cleaned(Cleaned),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cleaned {
    #[serde(default)]
    path: String,
    css: Option<String>,
    #[serde(default)]
    strip_tags: bool,
    pattern: Option<String>,
    #[serde(default)]
    trim: bool,
}

/// Names and values in the order in which they stand.
#[derive(Default)]
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("{ name = \"value\" }, each value in quotes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_map(InOrder)
    }
}

impl Kind for Suggest {
    const NAME: &'static str = "suggest";

    fn apply(self, job: &mut JobSpec, faults: &mut Faults) {
        let mut own = SuggestSpec::default();
        if let Some(request) = self.request {
            own.request = request.spec(job, faults);
        }
        set(&mut own.alphabet, self.alphabet);
        set(&mut own.fold, self.fold);
        set(&mut own.min_length, self.min_length);
        set(&mut own.max_length, self.max_length);
        set(&mut own.prefix, self.prefix);
        set(&mut own.suffix, self.suffix);
        // What one strategy alone allows is no fault of its own where it cannot be read.
        let unread = faults.all.iter().any(|fault| fault.starts_with("strategy: "));
        set(&mut own.strategy, self.strategy.or(unread.then_some(StrategyName::Adaptive)));
        own.matcher = self.matcher;
        set(&mut own.learn, self.learn);
        own.budget = self.budget;
        let results = self.results.unwrap_or_default().into_iter();
        own.results = results.map(|(name, taken)| taken.spec(name)).collect();
        job.suggest = Some(own);
    }
}

impl Request {
    /// The request; headers that hold secrets and a login in the URL go to the job's secrets.
    fn spec(self, job: &mut JobSpec, faults: &mut Faults) -> RequestSpec {
        let method = self.method.and_then(|text| {
            text.parse().map_err(|why: String| faults.push("request.method", why)).ok()
        });
        let (secrets, headers) = self.headers.0.into_iter().partition(|(name, _)| is_secret(name));
        let secrets: Vec<(String, String)> = secrets;
        let secret = |(name, value): (String, String)| (name, Secret::new(value));
        job.secrets.headers.extend(secrets.into_iter().map(secret));
        let mut request = RequestSpec {
            method,
            url: self.url,
            params: self.params.0,
            form: self.form.0,
            json: self.json.map(|json| match json {
                serde_json::Value::String(text) => text,
                json => json.to_string(),
            }),
            body: self.body,
            content_type: self.content_type,
            headers,
        };
        request.take_login(&mut job.secrets);
        request
    }
}

impl Taken {
    fn spec(self, name: String) -> ResultSpec {
        let css = self.css.is_some();
        let named = |(name, field): (String, Field)| field.spec(name, css);
        ResultSpec {
            name,
            path: self.path,
            css: self.css,
            html: self.html,
            text: self.text.map(|text| text.spec("text".to_owned(), css)),
            fields: self.fields.into_iter().map(named).collect(),
            aside: self.aside,
            cleaning: CleaningSpec {
                strip_tags: self.strip_tags,
                pattern: self.pattern,
                trim: self.trim,
            },
        }
    }
}

impl Field {
    /// `of_css`: the kind it belongs to is found by a selector.
    fn spec(self, name: String, of_css: bool) -> FieldSpec {
        match self {
            Self::Path(css) if of_css => FieldSpec { name, css: Some(css), ..FieldSpec::default() },
            Self::Path(path) => FieldSpec { name, path, ..FieldSpec::default() },
            Self::Cleaned(Cleaned { path, css, strip_tags, pattern, trim }) => {
                let cleaning = CleaningSpec { strip_tags, pattern, trim };
                FieldSpec { name, path, css, cleaning }
            }
        }
    }
}
