//! The keys of kind `scrape`.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::faults::Faults;
use super::kinds::Kind;
use crate::config::values::span_ms;
use crate::domain::Millis;
use crate::domain::items::{FieldSpec, ItemsSpec};
use crate::domain::job::{JobSpec, ScrapeSpec};
use crate::domain::page_url::PageUrlSpec;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Scrape {
    start: Option<Vec<String>>,
    source: Option<String>,
    item: Option<String>,
    r#type: Option<String>,
    fields: Fields,
    key: Vec<String>,
    detail: Option<String>,
    detail_fields: Fields,
    next: Option<String>,
    more: Option<String>,
    page_url: Option<String>,
    first_page: Option<i64>,
    page_step: Option<i64>,
    first_offset: Option<i64>,
    offset_step: Option<i64>,
    pause: Option<Vec<String>>,
    locale: Option<String>,
    max_items: Option<usize>,
}

impl Kind for Scrape {
    const NAME: &'static str = "scrape";

    fn apply(self, job: &mut JobSpec, faults: &mut Faults) {
        if let Some(start) = self.start {
            job.roots = start;
        }
        let pause = self.pause.and_then(|ends| match pause(&ends) {
            Ok(pause) => Some(pause),
            Err(why) => {
                faults.push("pause", why);
                None
            }
        });
        let usual = PageUrlSpec::default();
        let page_url = self.page_url.map(|template| PageUrlSpec {
            template,
            first_page: self.first_page.unwrap_or(usual.first_page),
            page_step: self.page_step.unwrap_or(usual.page_step),
            first_offset: self.first_offset.unwrap_or(usual.first_offset),
            offset_step: self.offset_step,
        });
        let source = self.source.as_deref();
        job.scrape = Some(ScrapeSpec {
            page_url,
            pause_ms: pause,
            items: ItemsSpec {
                fields: self.fields.specs(source),
                detail_fields: self.detail_fields.specs(source),
                source: self.source,
                item: self.item,
                kind: self.r#type,
                key: self.key,
                detail: self.detail,
                next: self.next,
                more: self.more,
                locale: self.locale,
                max_items: self.max_items,
            },
        });
    }
}

/// The two ends of a pause.
fn pause(ends: &[String]) -> Result<(Millis, Millis), String> {
    match ends {
        [least, most] => Ok((span_ms(least)?, span_ms(most)?)),
        _ => Err("give the shortest and the longest, such as [\"500ms\", \"1s\"]".to_owned()),
    }
}

/// Fields by name, in the order in which they are written.
#[derive(Debug, Default)]
struct Fields(Vec<(String, Field)>);

/// A field: a place alone, or a table.
#[derive(Debug)]
enum Field {
    Place(String),
    Table(Box<Table>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    css: Option<String>,
    path: Option<String>,
    property: Option<String>,
    parse: Option<String>,
    regex: Option<String>,
    replace: Option<String>,
    list: bool,
    fields: Fields,
    default: Option<Value>,
    required: bool,
    locale: Option<String>,
    decimal: Option<String>,
    group: Option<String>,
    format: Option<String>,
}

impl Fields {
    /// What they mean for items of this source.
    fn specs(self, source: Option<&str>) -> Vec<FieldSpec> {
        self.0.into_iter().map(|(name, field)| field.spec(name, source)).collect()
    }
}

impl Field {
    fn spec(self, name: String, source: Option<&str>) -> FieldSpec {
        let table = match self {
            Self::Table(table) => *table,
            Self::Place(place) => return placed(name, place, source),
        };
        FieldSpec {
            name,
            css: table.css,
            path: table.path,
            property: table.property,
            parse: table.parse,
            regex: table.regex,
            replace: table.replace,
            list: table.list,
            fields: table.fields.specs(source),
            default: table.default,
            required: table.required,
            locale: table.locale,
            decimal: table.decimal,
            group: table.group,
            format: table.format,
        }
    }
}

/// The field of a short form: what it says is what its source is read by.
fn placed(name: String, place: String, source: Option<&str>) -> FieldSpec {
    let mut spec = FieldSpec { name, ..FieldSpec::default() };
    let is = match source {
        Some("json") => &mut spec.path,
        Some("json_ld" | "microdata") => &mut spec.property,
        _ => &mut spec.css,
    };
    *is = Some(place);
    spec
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("fields, such as title = \"h2\"")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(InOrder)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a selector, or a table such as { css = \".price\", parse = \"number\" }",
                )
            }

            fn visit_str<E: Error>(self, place: &str) -> Result<Field, E> {
                Ok(Field::Place(place.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Field::Table(Box::new(table)))
            }
        }
        from.deserialize_any(Either)
    }
}
