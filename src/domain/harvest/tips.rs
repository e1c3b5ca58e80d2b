//! Tips read from a JSON answer by JSON paths (RFC 9535).

use std::fmt;

use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::cleaning::Cleaning;
use super::shape::{self, ShapeError};
use super::spec::{CleaningSpec, FieldSpec, ResultSpec, RuleError};

/// Most bytes of text that the tips of one answer come to.
pub const MOST_TEXT: usize = 16 << 20;

/// Why an answer holds no tips that can be read: all of them are the outcome `bad_answer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerError {
    /// Too deep or too large to be parsed.
    Shape(ShapeError),
    /// No JSON; what the parser said.
    Json(String),
    /// More than [`MOST_TEXT`].
    Text,
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(error) => error.fmt(f),
            Self::Json(error) => write!(f, "no JSON: {error}"),
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
    /// How many the server gave of each kind, those left out included, nulls not.
    pub counts: Vec<usize>,
}

/// Reads tips.
#[derive(Debug, Clone)]
pub struct TipReader {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
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
    /// When there is no kind of result, a path is no JSON path or a pattern no regex.
    pub fn new(specs: &[ResultSpec]) -> Result<Self, RuleError> {
        if specs.is_empty() {
            let problem = "give the JSON path of at least one kind of result".to_owned();
            return Err(RuleError { key: "results".to_owned(), problem });
        }
        let rules = specs.iter().map(Rule::new).collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// The tips of an answer. Nothing at all, `null`, `""`, `[]` and an object without the key are
    /// answers with no tip.
    ///
    /// # Errors
    /// When it is no JSON, or more than is taken.
    pub fn read(&self, body: &str) -> Result<Reading, AnswerError> {
        let body = body.trim_start_matches('\u{feff}').trim();
        let mut reading = Reading { counts: vec![0; self.rules.len()], ..Reading::default() };
        if body.is_empty() {
            return Ok(reading);
        }
        shape::check(body).map_err(AnswerError::Shape)?;
        let answer: Value =
            serde_json::from_str(body).map_err(|error| AnswerError::Json(error.to_string()))?;
        let mut room = MOST_TEXT;
        for ((place, rule), count) in self.rules.iter().enumerate().zip(&mut reading.counts) {
            for node in rule.path.query(&answer).all() {
                if node.is_null() {
                    continue;
                }
                *count += 1;
                let tip = rule.tip(node, place, *count);
                room = room.checked_sub(size(&tip)).ok_or(AnswerError::Text)?;
                if !tip.text.is_empty() || tip.fields.iter().any(Option::is_some) {
                    reading.tips.push(tip);
                }
            }
        }
        Ok(reading)
    }
}

impl Rule {
    fn new(spec: &ResultSpec) -> Result<Self, RuleError> {
        let key = |part: &str| format!("results.{}.{part}", spec.name);
        let field = |field: &FieldSpec| Field::new(&key(&format!("fields.{}", field.name)), field);
        Ok(Self {
            path: path(&key("path"), &spec.path)?,
            text: spec.text.as_ref().map(|text| Field::new(&key("text"), text)).transpose()?,
            cleaning: cleaning(&key("pattern"), &spec.cleaning)?,
            fields: spec.fields.iter().map(field).collect::<Result<_, _>>()?,
            name: spec.fields.iter().position(|field| field.name == "name"),
        })
    }

    fn tip(&self, node: &Value, result: usize, rank: usize) -> Tip {
        let fields: Vec<_> = self.fields.iter().map(|field| field.value(node)).collect();
        let text = match &self.text {
            Some(text) => text.value(node),
            None if node.is_object() || node.is_array() => {
                self.name.and_then(|name| fields.get(name).cloned().flatten())
            }
            None => word(node).map(|text| self.cleaning.clean(text)),
        };
        Tip { result, rank, text: text.unwrap_or_default(), fields }
    }
}

impl Field {
    fn new(key: &str, spec: &FieldSpec) -> Result<Self, RuleError> {
        Ok(Self { path: path(key, &spec.path)?, cleaning: cleaning(key, &spec.cleaning)? })
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

fn size(tip: &Tip) -> usize {
    let fields: usize = tip.fields.iter().flatten().map(String::len).sum();
    tip.text.len() + fields
}

fn path(key: &str, text: &str) -> Result<JsonPath, RuleError> {
    JsonPath::parse(text).map_err(|error| {
        let problem = format!("{text:?} is no JSON path ({error}); write one such as $.query[*]");
        RuleError { key: key.to_owned(), problem: problem.replace('\n', " ") }
    })
}

fn cleaning(key: &str, spec: &CleaningSpec) -> Result<Cleaning, RuleError> {
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
