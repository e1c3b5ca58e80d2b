//! One section of the configuration, read key by key, so that all that is wrong is told at once.

use config::{Config, Map, Value};
use serde::de::value::{Error as Stop, MapDeserializer};
use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::faults::Faults;
use super::typed::read;
use super::unfit::unknown;
use crate::config::places::is_of_file;

/// What stands in a section and has not been taken yet.
pub(super) struct Section {
    table: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Section {
    /// The whole configuration.
    pub(super) fn whole(config: &Config) -> Self {
        let table = config.cache.clone().into_table();
        Self { table: table.unwrap_or_default(), known: Vec::new() }
    }

    /// A section with these keys.
    pub(super) fn new(table: Map<String, Value>) -> Self {
        Self { table, known: Vec::new() }
    }

    /// Takes out a section in this one; it is empty where there is none.
    pub(super) fn section(&mut self, key: &'static str, faults: &mut Faults) -> Self {
        self.known.push(key);
        self.hidden(key, faults).unwrap_or_else(|| Self::new(Map::new()))
    }

    /// Takes out everything as sections, in the order in which they stand.
    pub(super) fn sections(self, faults: &mut Faults) -> Vec<(String, Self)> {
        let each = self.table.into_iter();
        each.filter_map(|(key, value)| {
            let section = section_of(&key, value, faults)?;
            Some((key, section))
        })
        .collect()
    }

    /// Takes out the keys that `T` has, all of which may be left out. A value that is none for its
    /// key is a fault, and as if it were not there.
    pub(super) fn take<T: Default + for<'de> Deserialize<'de>>(
        &mut self,
        faults: &mut Faults,
    ) -> T {
        let mut good = Map::new();
        for key in keys_of::<T>() {
            self.known.push(key);
            let Some(value) = self.table.shift_remove(*key) else { continue };
            let alone: Map<_, _> = [((*key).to_owned(), value.clone())].into_iter().collect();
            match read::<T>(alone) {
                Ok(_) => {
                    good.insert((*key).to_owned(), value);
                }
                Err(unfit) => faults.all.push(unfit.to_string()),
            }
        }
        read(good).unwrap_or_default()
    }

    /// Is this key given?
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Takes out a text.
    pub(super) fn take_text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        self.known.push(key);
        let value = self.table.shift_remove(key)?;
        value.into_string().map_err(|_| faults.push(key, "not a text; put it in quotes")).ok()
    }

    /// Leaves this key out; says whether it was there.
    pub(super) fn drop_key(&mut self, key: &str) -> bool {
        self.table.shift_remove(key).is_some()
    }

    /// Takes out a section that no file may have.
    pub(super) fn hidden(&mut self, key: &'static str, faults: &mut Faults) -> Option<Self> {
        self.table.shift_remove(key).and_then(|value| section_of(key, value, faults))
    }

    /// Of these keys, those that a file gives.
    pub(super) fn of_files(&self, keys: &[&'static str]) -> Vec<&'static str> {
        let given = |key: &&str| self.table.get(*key).is_some_and(is_of_file);
        keys.iter().copied().filter(|key| given(key)).collect()
    }

    /// Nothing else belongs here.
    pub(super) fn end(self, faults: &mut Faults) {
        for key in self.table.keys() {
            faults.push(key, unknown(&self.known, key));
        }
    }
}

fn section_of(key: &str, value: Value, faults: &mut Faults) -> Option<Section> {
    let table = value.into_table();
    table.map(Section::new).map_err(|_| faults.push(key, "not a section")).ok()
}

/// The names of the fields of a struct, as its section has them.
pub(super) fn keys_of<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    let mut names = Names(&[]);
    // It ends with an error where `T` is no struct, which then has no keys.
    T::deserialize(&mut names).ok();
    names.0
}

/// Reads nothing, but learns what would be read.
struct Names(&'static [&'static str]);

impl<'de> Deserializer<'de> for &mut Names {
    type Error = Stop;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        Err(Stop::custom("no struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.0 = fields;
        visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, &str)>()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
