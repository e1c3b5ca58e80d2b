//! Fields, sources and pauses as they are written on the command line.

use std::convert::Infallible;
use std::str::FromStr;

use crate::config::values;
use crate::domain::Millis;
use crate::domain::items::FieldSpec;

/// `NAME=CSS`, `NAME:number=CSS@ATTR`, `NAME[]=CSS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    name: String,
    parse: Option<String>,
    list: bool,
    place: String,
}

impl FromStr for Field {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no field; write NAME=CSS, such as 'title=h2'");
        let (head, place) = text.split_once('=').ok_or_else(wrong)?;
        let (name, parse) = match head.split_once(':') {
            Some((name, parse)) => (name, Some(parse)),
            None => (head, None),
        };
        // Both orders are clear: tags[]:url and tags:url[].
        let list = name.ends_with("[]") || parse.is_some_and(|parse| parse.ends_with("[]"));
        let bare = |text: &str| text.trim().trim_end_matches("[]").trim().to_owned();
        let field = Self {
            name: bare(name),
            parse: parse.map(bare).filter(|parse| !parse.is_empty()),
            list,
            place: place.trim().to_owned(),
        };
        if field.name.is_empty() { Err(wrong()) } else { Ok(field) }
    }
}

impl Field {
    /// What it means for items of this source.
    pub(super) fn spec(&self, source: &Source) -> FieldSpec {
        let place = Some(self.place.clone());
        let mut spec = FieldSpec {
            name: self.name.clone(),
            parse: self.parse.clone(),
            list: self.list,
            ..FieldSpec::default()
        };
        match source.name.as_deref() {
            Some("json") => spec.path = place,
            Some("json_ld" | "microdata") => spec.property = place,
            _ => spec.css = place,
        }
        spec
    }
}

/// `css`, `json`, `json-ld:Product`, `microdata:Product`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Source {
    /// As configurations name it; `None`: CSS.
    pub(super) name: Option<String>,
    /// The type of the items.
    pub(super) kind: Option<String>,
}

impl FromStr for Source {
    type Err = Infallible;

    /// What it is that is none is told by whoever reads items from it.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (name, kind) = match text.split_once(':') {
            Some((name, kind)) => (name, Some(kind.trim().to_owned())),
            None => (text, None),
        };
        Ok(Self { name: Some(name.trim().replace('-', "_")), kind })
    }
}

/// `500ms..1s`: milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause(pub(super) Millis, pub(super) Millis);

impl FromStr for Pause {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no pause; write 500ms..1s");
        let (least, most) = text.split_once("..").ok_or_else(wrong)?;
        let (least, most) = (values::span_ms(least)?, values::span_ms(most)?);
        if least > most { Err(wrong()) } else { Ok(Self(least, most)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> FieldSpec {
        text.parse::<Field>().unwrap().spec(&Source::default())
    }

    #[test]
    fn a_field_is_a_name_and_a_selector_with_what_it_is_read_as_between() {
        let plain = spec("title=h2 a[href=x]");
        assert_eq!((plain.name.as_str(), plain.css.as_deref()), ("title", Some("h2 a[href=x]")));
        let price = spec("price:number = .price@data-value");
        assert_eq!(price.parse.as_deref(), Some("number"));
        assert_eq!(price.css.as_deref(), Some(".price@data-value"));
        assert!(spec("tags[]=a.tag").list);
        assert!(spec("tags[]:url=a@href").list);
        let colon = spec("first=a:first-child");
        assert_eq!(colon.css.as_deref(), Some("a:first-child"));
        assert!("h2".parse::<Field>().is_err());
        assert!("=h2".parse::<Field>().is_err());
    }

    #[test]
    fn a_source_may_name_a_type() {
        let source: Source = "json-ld:Product".parse().unwrap();
        assert_eq!(source.name.as_deref(), Some("json_ld"));
        assert_eq!(source.kind.as_deref(), Some("Product"));
        let path = "price=$.offer.price".parse::<Field>().unwrap().spec(&"json".parse().unwrap());
        assert_eq!(path.path.as_deref(), Some("$.offer.price"));
    }

    #[test]
    fn a_pause_has_two_ends() {
        assert_eq!("500ms..1s".parse(), Ok(Pause(500, 1_000)));
        for wrong in ["1s", "2s..1s", "..", "fast..slow"] {
            assert!(wrong.parse::<Pause>().is_err(), "{wrong}");
        }
    }
}
