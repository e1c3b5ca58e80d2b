//! Tips read from an answer: of JSON by JSON paths (RFC 9535), of HTML by CSS selectors.

use std::fmt;

use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::cleaning::Cleaning;
use super::markup::Markup;
use super::shape::{self, ShapeError};
use super::spec::{CleaningSpec, FieldSpec, ResultSpec, RuleError, RuleErrors};

/// Most bytes of text that the tips of one answer come to.
pub const MOST_TEXT: usize = 16 << 20;

/// Why an answer holds no tips that can be read: all of them are the outcome `bad_answer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerError {
    /// Too deep or too large to be parsed.
    Shape(ShapeError),
    /// No JSON; what the parser said.
    Json(String),
    /// HTML that is too deep, too large or too costly; what is too much.
    Html(String),
    /// More than [`MOST_TEXT`].
    Text,
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(error) => error.fmt(f),
            Self::Json(error) => write!(f, "no JSON: {error}"),
            Self::Html(error) => write!(f, "HTML: {error}"),
            Self::Text => write!(f, "tips of more than {MOST_TEXT} bytes"),
        }
    }
}

impl std::error::Error for AnswerError {}

/// A tip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// Which kind of result: a place in the configuration's list.
    pub result: usize,
    /// Place among those of its kind in this answer, from 1.
    pub rank: usize,
    /// Its text; empty when there is none.
    pub text: String,
    /// The values of its fields, in the configuration's order.
    pub fields: Vec<Option<String>>,
}

/// What an answer holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// By kind, then by rank. A tip without text and fields is left out, its rank is not reused.
    pub tips: Vec<Tip>,
    /// How many the server gave of each kind, those left out included, nulls not; none if all are
    /// left out.
    pub counts: Vec<usize>,
}

/// Reads tips.
#[derive(Debug, Clone)]
pub struct TipReader {
    rules: Vec<Rule>,
}

/// How tips of one kind are found.
#[derive(Debug, Clone)]
enum Rule {
    Json(Paths),
    Markup(Markup),
}

#[derive(Debug, Clone)]
struct Paths {
    path: JsonPath,
    text: Option<Field>,
    cleaning: Cleaning,
    fields: Vec<Field>,
    /// The field that is the text of an object.
    name: Option<usize>,
}

#[derive(Debug, Clone)]
struct Field {
    path: JsonPath,
    cleaning: Cleaning,
}

impl TipReader {
    /// Reads what is configured.
    ///
    /// # Errors
    /// When there is no kind of result; with every path that is no JSON path, selector that is none
    /// of CSS and pattern that is no regex.
    pub fn new(specs: &[ResultSpec]) -> Result<Self, RuleErrors> {
        let mut errors = RuleErrors::default();
        if specs.is_empty() {
            let problem = "give the JSON path of at least one kind of result".to_owned();
            errors.0.push(RuleError { key: "results".to_owned(), problem });
        }
        let rules = specs.iter().filter_map(|spec| errors.take(Rule::new(spec))).collect();
        errors.or(Some(Self { rules }))
    }

    /// The tips of an answer. Nothing at all, `null`, `""`, `[]` and an object without the key are
    /// answers with no tip.
    ///
    /// # Errors
    /// When it is no JSON though a path is asked for, or more than is taken.
    pub fn read(&self, body: &str) -> Result<Reading, AnswerError> {
        let body = body.trim_start_matches('\u{feff}').trim();
        let mut reading = Reading { counts: vec![0; self.rules.len()], ..Reading::default() };
        if body.is_empty() {
            return Ok(reading);
        }
        let answer =
            if self.rules.iter().all(Rule::is_all_markup) { None } else { Some(json(body)?) };
        let mut room = MOST_TEXT;
        for ((place, rule), count) in self.rules.iter().enumerate().zip(&mut reading.counts) {
            let known = reading.tips.len();
            for tip in rule.tips(body, answer.as_ref(), place)? {
                *count += 1;
                room = room.checked_sub(size(&tip)).ok_or(AnswerError::Text)?;
                if !tip.text.is_empty() || tip.fields.iter().any(Option::is_some) {
                    reading.tips.push(tip);
                }
            }
            // What is found there are no tips, such as the list in place of what is in it.
            if reading.tips.len() == known {
                *count = 0;
            }
        }
        Ok(reading)
    }
}

impl Rule {
    fn new(spec: &ResultSpec) -> Result<Self, RuleErrors> {
        if let Some(css) = &spec.css {
            return Markup::new(spec, css).map(Self::Markup);
        }
        let paths = spec.fields.iter().chain(&spec.text).all(|field| field.css.is_none());
        if !paths || spec.html.is_some() {
            let key = format!("results.{}.css", spec.name);
            let problem = "say which elements are tips: a selector such as li".to_owned();
            return Err(RuleError { key, problem }.into());
        }
        Paths::new(spec).map(Self::Json)
    }

    /// Is the whole answer markup?
    fn is_all_markup(&self) -> bool {
        matches!(self, Self::Markup(Markup { html: None, .. }))
    }

    fn tips<'a>(
        &'a self,
        body: &str,
        answer: Option<&'a Value>,
        place: usize,
    ) -> Result<Box<dyn Iterator<Item = Tip> + 'a>, AnswerError> {
        Ok(match (self, answer) {
            (Self::Markup(markup), _) => Box::new(markup.read(body, answer, place)?.into_iter()),
            (Self::Json(paths), Some(answer)) => Box::new(paths.tips(answer, place)),
            (Self::Json(_), None) => Box::new(std::iter::empty()),
        })
    }
}

fn json(body: &str) -> Result<Value, AnswerError> {
    shape::check(body).map_err(AnswerError::Shape)?;
    serde_json::from_str(body).map_err(|error| AnswerError::Json(error.to_string()))
}

impl Paths {
    fn new(spec: &ResultSpec) -> Result<Self, RuleErrors> {
        let key = |part: &str| format!("results.{}.{part}", spec.name);
        let field = |field: &FieldSpec| Field::new(&key(&format!("fields.{}", field.name)), field);
        let mut errors = RuleErrors::default();
        let path = errors.take(path(&key("path"), &spec.path));
        let text = spec.text.as_ref().and_then(|text| errors.take(Field::new(&key("text"), text)));
        let cleaning = errors.take(cleaning(&key("pattern"), &spec.cleaning));
        let fields = spec.fields.iter().filter_map(|spec| errors.take(field(spec))).collect();
        let name = spec.fields.iter().position(|field| field.name == "name");
        errors.or(path.zip(cleaning).map(|(path, cleaning)| Self {
            path,
            text,
            cleaning,
            fields,
            name,
        }))
    }

    /// The tips of an answer; a null is none.
    fn tips<'a>(&'a self, answer: &'a Value, place: usize) -> impl Iterator<Item = Tip> + 'a {
        let nodes = self.path.query(answer).all().into_iter().filter(|node| !node.is_null());
        nodes.zip(1..).map(move |(node, rank)| self.tip(node, place, rank))
    }

    fn tip(&self, node: &Value, result: usize, rank: usize) -> Tip {
        let fields: Vec<_> = self.fields.iter().map(|field| field.value(node)).collect();
        let text = match &self.text {
            Some(text) => text.value(node),
            None if node.is_object() || node.is_array() => {
                let field = self.name.and_then(|name| fields.get(name).cloned().flatten());
                field.or_else(|| self.own_name(node))
            }
            None => word(node).map(|text| self.cleaning.clean(text)),
        };
        Tip { result, rank, text: text.unwrap_or_default(), fields }
    }

    /// What the server calls an object.
    fn own_name(&self, node: &Value) -> Option<String> {
        Some(self.cleaning.clean(word(node.get("name")?)?)).filter(|text| !text.is_empty())
    }
}

impl Field {
    fn new(key: &str, spec: &FieldSpec) -> Result<Self, RuleErrors> {
        let mut errors = RuleErrors::default();
        let path = errors.take(path(key, &spec.path));
        let cleaning = errors.take(cleaning(key, &spec.cleaning));
        errors.or(path.zip(cleaning).map(|(path, cleaning)| Self { path, cleaning }))
    }

    /// The first value at the path that is not null; nothing is left of an empty one.
    fn value(&self, node: &Value) -> Option<String> {
        let found = self.path.query(node);
        let text = found.iter().find_map(|value| word(value))?;
        Some(self.cleaning.clean(text)).filter(|text| !text.is_empty())
    }
}

/// A value as text: a string as it is, an array or object as JSON.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

pub(super) fn size(tip: &Tip) -> usize {
    let fields: usize = tip.fields.iter().flatten().map(String::len).sum();
    tip.text.len() + fields
}

pub(super) fn path(key: &str, text: &str) -> Result<JsonPath, RuleError> {
    JsonPath::parse(text).map_err(|error| {
        let problem = format!("{text:?} is no JSON path ({error}); write one such as $.query[*]");
        RuleError { key: key.to_owned(), problem: problem.replace('\n', " ") }
    })
}

pub(super) fn cleaning(key: &str, spec: &CleaningSpec) -> Result<Cleaning, RuleError> {
    let regex = |text: &String| {
        Regex::new(text).map_err(|error| {
            let said = error.to_string();
            let last = said.lines().last().unwrap_or_default().trim().to_owned();
            RuleError { key: key.to_owned(), problem: format!("{text:?} is no regex: {last}") }
        })
    };
    let pattern = spec.pattern.as_ref().map(regex).transpose()?;
    Ok(Cleaning { strip_tags: spec.strip_tags, pattern, trim: spec.trim })
}

#[cfg(test)]
mod tests;
