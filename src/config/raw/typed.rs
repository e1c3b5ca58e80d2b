//! A value of the configuration, read as what its key wants. A file says of what kind a value is, and
//! one of another kind is a fault; but a number may stand for a text. In the environment and in options
//! everything is a text, and is taken for what is wanted.

use config::{Map, Value, ValueKind};
use serde::Deserialize;
use serde::de::value::StringDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{de::IntoDeserializer, forward_to_deserialize_any};

use super::listed;
use super::unfit::Unfit;
use crate::config::places::is_of_file;

/// A value that is being read.
struct Typed(Value);

/// Reads what a section holds.
///
/// # Errors
/// With the key of the first value that does not fit, and why.
pub(super) fn read<'de, T: Deserialize<'de>>(table: Map<String, Value>) -> Result<T, Unfit> {
    T::deserialize(Typed(Value::new(None, ValueKind::Table(table))))
}

impl Typed {
    fn is_given_as_text(&self) -> bool {
        !is_of_file(&self.0)
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
            if self.is_given_as_text()
                && let Ok(number) = self.0.clone().into_int()
            {
                return visitor.visit_i64(number);
            }
            self.deserialize_any(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Typed {
    type Error = Unfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0.kind {
            ValueKind::Nil => visitor.visit_unit(),
            ValueKind::Boolean(value) => visitor.visit_bool(value),
            ValueKind::I64(value) => visitor.visit_i64(value),
            ValueKind::I128(value) => visitor.visit_i128(value),
            ValueKind::U64(value) => visitor.visit_u64(value),
            ValueKind::U128(value) => visitor.visit_u128(value),
            ValueKind::Float(value) => visitor.visit_f64(value),
            ValueKind::String(value) => visitor.visit_string(value),
            ValueKind::Table(table) => visitor.visit_map(Entries::new(table)),
            ValueKind::Array(items) => visitor.visit_seq(Items { each: items.into_iter(), at: 0 }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        if self.is_given_as_text()
            && let Ok(value) = self.0.clone().into_bool()
        {
            return visitor.visit_bool(value);
        }
        self.deserialize_any(visitor)
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        let number = matches!(
            self.0.kind,
            ValueKind::I64(_)
                | ValueKind::I128(_)
                | ValueKind::U64(_)
                | ValueKind::U128(_)
                | ValueKind::Float(_)
        );
        if (number || self.is_given_as_text())
            && let Ok(text) = self.0.clone().into_string()
        {
            return visitor.visit_string(text);
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_str(visitor)
    }

    /// A list in the environment is one text.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        let several = matches!(self.0.kind, ValueKind::Array(_) | ValueKind::Table(_));
        if several || !self.is_given_as_text() {
            return self.deserialize_any(visitor);
        }
        let origin = self.0.origin().map(str::to_owned);
        let Ok(text) = self.0.clone().into_string() else { return self.deserialize_any(visitor) };
        let elements = listed::elements(&text).map_err(Unfit::custom)?.into_iter();
        let values = elements.map(|text| Value::new(origin.as_ref(), ValueKind::String(text)));
        visitor.visit_seq(Items { each: values.collect::<Vec<_>>().into_iter(), at: 0 })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0.kind {
            ValueKind::Nil => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        match self.0.kind {
            ValueKind::String(name) => visitor.visit_enum(name.into_deserializer()),
            _ => Err(Unfit::custom("not a text; put it in quotes")),
        }
    }

    forward_to_deserialize_any! {
        f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
        ignored_any
    }
}

/// A list.
struct Items {
    each: std::vec::IntoIter<Value>,
    at: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Unfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unfit> {
        let at = self.at;
        self.at += 1;
        let item = self.each.next().map(|item| seed.deserialize(Typed(item)));
        item.transpose().map_err(|unfit| unfit.within(&format!("[{at}]")))
    }
}

/// A table.
struct Entries {
    each: <Map<String, Value> as IntoIterator>::IntoIter,
    key: String,
    value: Option<Value>,
}

impl Entries {
    fn new(table: Map<String, Value>) -> Self {
        Self { each: table.into_iter(), key: String::new(), value: None }
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Unfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unfit> {
        let Some((key, value)) = self.each.next() else { return Ok(None) };
        self.value = Some(value);
        self.key.clone_from(&key);
        let key: StringDeserializer<Unfit> = key.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unfit> {
        let value = self.value.take().unwrap_or_else(|| Value::new(None, ValueKind::Nil));
        seed.deserialize(Typed(value)).map_err(|unfit| unfit.within(&format!(".{}", self.key)))
    }
}
