//! A list in one text, as the environment has it: `["a", "b"]` as TOML writes it, or `a, b`.

use std::fmt;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use toml::de::{DeTable, DeValue};

/// The elements of the list that is written so.
///
/// # Errors
/// When it begins as an array of texts and is none. The words do not show it: it may hold a secret.
pub(super) fn elements(text: &str) -> Result<Vec<String>, &'static str> {
    let text = text.trim();
    if let Some(elements) = array(text) {
        return Ok(elements);
    }
    if text.starts_with("[\"") || text.starts_with("['") {
        return Err("not a list; write [\"a\", \"b\"], or a,b");
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    Ok(parts.map(str::to_owned).collect())
}

/// `[::1]` is none, nor is `[a-z]`.
fn array(text: &str) -> Option<Vec<String>> {
    let text = format!("list = {}", Some(text).filter(|text| text.starts_with('['))?);
    let table = DeTable::parse(&text).ok()?;
    let DeValue::Array(list) = table.get_ref().get("list")?.get_ref() else { return None };
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        _ => None,
    };
    list.iter().map(|value| one(value.get_ref())).collect()
}

/// A list, or one text that is read as one also in a file.
#[derive(Debug)]
pub(super) struct Texts(Vec<String>);

impl Texts {
    /// Each of them.
    pub(super) fn each(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Texts, E> {
                elements(text).map(Texts).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Texts, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(Texts)
            }
        }
        from.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_an_array_or_stands_between_commas() {
        for (text, list) in [
            ("", &[][..]),
            ("[]", &[]),
            ("http://a.example/", &["http://a.example/"]),
            (" a, b ,,c", &["a", "b", "c"]),
            ("[\"a,b\", 'c', 5]", &["a,b", "c", "5"]),
            ("[::1]", &["[::1]"]),
            ("[::1]:53,9.9.9.9", &["[::1]:53", "9.9.9.9"]),
            ("[a-z]+", &["[a-z]+"]),
        ] {
            assert_eq!(elements(text).unwrap(), list, "{text}");
        }
        for text in ["[\"a\", \"b\"", "[\"a\" \"b\"]", "['a'], 'b'"] {
            assert!(elements(text).is_err(), "{text}");
        }
    }
}
