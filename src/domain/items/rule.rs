//! How what was found becomes a value.

use regex::Regex;
use serde_json::Value;

use super::base::Base;
use super::currency;
use super::date::{self, DateRule};
use super::locale::Locale;
use super::number::{Lone, figure};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parse {
    /// Text, white space folded and cut at the ends.
    Text,
    /// Markup as it is.
    Html,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// A number with a currency beside it.
    Price,
    /// A date, with or without a time.
    Date,
    /// An absolute URL.
    Url,
}

impl Parse {
    /// Every name of the configuration; `exists` is none of them: it takes no value.
    pub(super) const NAMES: &str = "text, html, number, integer, price, date, url or exists";

    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "html" => Self::Html,
            "number" => Self::Number,
            "integer" => Self::Integer,
            "price" => Self::Price,
            "date" => Self::Date,
            "url" => Self::Url,
            _ => return None,
        })
    }
}

/// What was found for a field.
#[derive(Debug)]
pub(super) enum Raw<'a> {
    /// Text of an element or attribute, or its markup.
    Text(String),
    /// A value of JSON.
    Json(&'a Value),
}

/// A value, and the currency of a price.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Made {
    pub(super) value: Value,
    pub(super) currency: Option<String>,
}

/// How a value is made.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// `None`: JSON stays as it is, text is text.
    pub(super) parse: Option<Parse>,
    pub(super) regex: Option<Regex>,
    pub(super) replace: Option<String>,
    pub(super) locale: Locale,
    pub(super) date: DateRule,
}

impl Rule {
    /// The value; `None` when what was found is not what is asked for.
    pub(super) fn make(&self, raw: &Raw<'_>, base: &Base) -> Option<Made> {
        let parse = match (self.parse, raw) {
            (Some(parse), Raw::Json(value @ Value::Number(_))) if self.regex.is_none() => {
                return number_as_it_is(parse, value).map(plain);
            }
            (None, Raw::Json(value)) if self.regex.is_none() && !value.is_string() => {
                return Some(plain((*value).clone()));
            }
            (parse, _) => parse.unwrap_or(Parse::Text),
        };
        let text = match raw {
            Raw::Text(text) => text.clone(),
            Raw::Json(value) => word(value)?,
        };
        let text = if parse == Parse::Html { text } else { folded(&text) };
        let text = self.cut_out(text)?;
        self.read(parse, text, base)
    }

    fn read(&self, parse: Parse, text: String, base: &Base) -> Option<Made> {
        match parse {
            Parse::Text | Parse::Html => Some(plain(text.into())),
            Parse::Number => figure(&text, &self.locale, Lone::Point)?.value().map(plain),
            Parse::Integer => {
                figure(&text, &self.locale, Lone::Group)?.value().filter(is_whole).map(plain)
            }
            Parse::Price => {
                let found = figure(&text, &self.locale, Lone::Group)?;
                let currency = currency::beside(found.before, found.behind);
                Some(Made { value: found.value()?, currency })
            }
            Parse::Date => date::read(&text, &self.date).map(|date| plain(date.into())),
            Parse::Url => base.absolute(&text).map(|url| plain(url.into())),
        }
    }

    /// Applies the regex; nothing is left when it finds nothing.
    fn cut_out(&self, text: String) -> Option<String> {
        let Some(regex) = &self.regex else { return Some(text) };
        if let Some(replace) = &self.replace {
            return Some(regex.replace_all(&text, replace.as_str()).trim().to_owned());
        }
        let found = regex.captures(&text)?;
        found.get(1).or_else(|| found.get(0)).map(|part| part.as_str().trim().to_owned())
    }
}

fn plain(value: Value) -> Made {
    Made { value, currency: None }
}

fn is_whole(value: &Value) -> bool {
    value.is_i64() || value.is_u64()
}

/// A number of JSON needs no reading.
fn number_as_it_is(parse: Parse, value: &Value) -> Option<Value> {
    match parse {
        Parse::Number | Parse::Price => Some(value.clone()),
        Parse::Integer if is_whole(value) => Some(value.clone()),
        Parse::Integer => figure(&value.to_string(), &POINT, Lone::Point)?.value().filter(is_whole),
        Parse::Text | Parse::Html => Some(value.to_string().into()),
        Parse::Date | Parse::Url => None,
    }
}

const POINT: Locale = Locale { decimal: Some('.'), group: None, month_first: false };

/// A value of JSON as text: of an object what it says of itself.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => {
            let said = ["@value", "url", "@id", "name"].into_iter().find_map(|key| object.get(key));
            said.and_then(Value::as_str)
                .map_or_else(|| Some(value.to_string()), |said| Some(said.to_owned()))
        }
        other => Some(other.to_string()),
    }
}

/// White space folded to one blank and cut at the ends.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}
