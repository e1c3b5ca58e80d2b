//! A field: where it is found in an item, and what becomes of it.

use scraper::ElementRef;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use super::base::Base;
use super::css::{Css, Part};
use super::element;
use super::property;
use super::reading::FieldTally;
use super::rule::{Made, Parse, Raw, Rule, folded};
use super::work::Work;

/// Longest sample of what could not be read, in bytes.
const SAMPLE: usize = 80;
/// What a node's text costs, in steps.
const TEXT_STEPS: usize = 4;

/// A field as it is read.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    /// Its place among the tallies.
    pub(super) slot: usize,
    pub(super) way: Way,
    pub(super) take: Take,
    pub(super) list: bool,
    pub(super) required: bool,
    pub(super) default: Option<Value>,
}

/// Where a field is.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Css(Css),
    Path(JsonPath),
    Property(Vec<String>),
}

/// What is taken.
#[derive(Debug, Clone)]
pub(super) enum Take {
    Value(Rule),
    Item(Vec<Field>),
    Exists,
}

/// What an item is read from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// An element and how many there are within it.
    Element(ElementRef<'a>, usize),
    Json(&'a Value),
    /// A whole page: its root, how many nodes there are, what it states in its own data.
    Page(ElementRef<'a>, usize, &'a Value),
}

/// What goes along with the reading of one document.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) base: Base,
    /// What a selector costs for each element when it looks at siblings or inside: the widest and
    /// the deepest the document is.
    pub(super) far: usize,
    pub(super) work: Work,
    pub(super) tallies: Vec<FieldTally>,
}

/// The fields of an item; `None` when a required one has no value, or the work ran out.
pub(super) fn read_all(
    fields: &[Field],
    place: Place<'_>,
    scene: &mut Scene,
) -> Option<Vec<(String, Value)>> {
    let mut values = Vec::with_capacity(fields.len());
    for field in fields {
        let made = field.read(place, scene);
        let mut value = made.value;
        if value.is_null()
            && let Some(default) = &field.default
        {
            value = default.clone();
        }
        if scene.work.cut.is_some() || (field.required && value.is_null()) {
            return None;
        }
        values.push((field.name.clone(), value));
        if field.has_currency() {
            values.push((currency_of(&field.name), made.currency.map_or(Value::Null, Value::from)));
        }
    }
    Some(values)
}

/// The name of the field that holds the currency of a price.
pub(super) fn currency_of(name: &str) -> String {
    format!("{name}_currency")
}

impl Field {
    /// Is it a price with a field for its currency beside it?
    pub(super) fn has_currency(&self) -> bool {
        let price = matches!(&self.take, Take::Value(rule) if rule.parse == Some(Parse::Price));
        price && !self.list
    }

    /// Is it, or a field within it, found among what a page states?
    pub(super) fn has_property(&self) -> bool {
        let within = match &self.take {
            Take::Item(fields) => fields.iter().any(Self::has_property),
            _ => false,
        };
        within || matches!(self.way, Way::Property(_))
    }

    fn read(&self, place: Place<'_>, scene: &mut Scene) -> Made {
        let nothing = Made { value: Value::Null, currency: None };
        let places = self.places(place, scene);
        if matches!(self.take, Take::Exists) {
            return Made { value: Value::Bool(!places.is_empty()), ..nothing };
        }
        let (mut found, mut unread) = (Vec::new(), false);
        for place in places {
            match self.make(place, scene) {
                Found::Made(made) => found.push(made),
                Found::Unread => unread = true,
                Found::Nothing => continue,
            }
            if !self.list || scene.work.cut.is_some() {
                break;
            }
        }
        if found.is_empty() && !unread && self.default.is_none() {
            self.tally(scene, |tally| tally.missing += 1);
        }
        if self.list && !found.is_empty() {
            let values = found.into_iter().map(|made| made.value).collect();
            return Made { value: Value::Array(values), ..nothing };
        }
        found.pop().unwrap_or(nothing)
    }

    /// Everything that the field's way leads to.
    fn places<'a>(&self, place: Place<'a>, scene: &mut Scene) -> Vec<Place<'a>> {
        match (&self.way, place) {
            (Way::Css(css), Place::Element(scope, within) | Place::Page(scope, within, _)) => {
                elements(css, scope, within, self.list, scene)
            }
            (Way::Path(path), Place::Json(value)) => path
                .query(value)
                .all()
                .into_iter()
                .filter(|found| !found.is_null())
                .map(Place::Json)
                .collect(),
            (Way::Property(names), Place::Json(value) | Place::Page(_, _, value)) => {
                property::find(value, names).into_iter().map(Place::Json).collect()
            }
            _ => Vec::new(),
        }
    }

    fn make(&self, place: Place<'_>, scene: &mut Scene) -> Found {
        match &self.take {
            Take::Exists => Found::Nothing,
            Take::Item(fields) => match read_all(fields, place, scene) {
                Some(values) => {
                    let value = Value::Object(values.into_iter().collect::<Map<_, _>>());
                    Found::Made(Made { value, currency: None })
                }
                None => Found::Nothing,
            },
            Take::Value(rule) => self.value(rule, place, scene),
        }
    }

    fn value(&self, rule: &Rule, place: Place<'_>, scene: &mut Scene) -> Found {
        // Elements of a list may stand within each other.
        if self.list
            && let Place::Element(element, _) = place
        {
            let within = element.descendants().take(scene.work.left().saturating_add(1)).count();
            scene.work.steps(within.saturating_mul(TEXT_STEPS));
        }
        let raw = match (place, &self.way) {
            (Place::Element(element, _), Way::Css(css)) => {
                element::read(element, &css.part, rule.parse).map(Raw::Text)
            }
            (Place::Json(value), _) => Some(Raw::Json(value)),
            _ => None,
        };
        let Some(raw) = raw else { return Found::Nothing };
        if let Raw::Text(text) = &raw
            && !scene.work.text(text.len())
        {
            return Found::Nothing;
        }
        let empty = matches!(&raw, Raw::Text(text) if text.trim().is_empty())
            || matches!(&raw, Raw::Json(Value::String(text)) if text.trim().is_empty());
        if empty {
            return Found::Nothing;
        }
        match rule.make(&raw, &scene.base) {
            Some(made) if made.value != Value::String(String::new()) => {
                if matches!(raw, Raw::Json(_)) && !scene.work.text(size(&made.value)) {
                    return Found::Nothing;
                }
                Found::Made(made)
            }
            _ => {
                self.tally(scene, |tally| {
                    tally.unread += 1;
                    tally.sample.get_or_insert_with(|| sample(&raw));
                });
                Found::Unread
            }
        }
    }

    fn tally(&self, scene: &mut Scene, count: impl FnOnce(&mut FieldTally)) {
        if let Some(tally) = scene.tallies.get_mut(self.slot) {
            count(tally);
        }
    }
}

enum Found {
    Made(Made),
    /// Something that is not what is asked for.
    Unread,
    Nothing,
}

/// The elements that a selector finds within an item: for a list all, else those up to the first
/// that has the attribute asked for.
fn elements<'a>(
    css: &Css,
    scope: ElementRef<'a>,
    within: usize,
    list: bool,
    scene: &mut Scene,
) -> Vec<Place<'a>> {
    let Some(selector) = &css.selector else { return vec![Place::Element(scope, within)] };
    let cost = css.cost(within, scene.far);
    if !scene.work.steps(cost) {
        return Vec::new();
    }
    let has = |element: &ElementRef<'_>| match &css.part {
        Part::Attribute(name) => element.attr(name).is_some(),
        _ => true,
    };
    let found = scope.select(selector).filter(has).take(if list { usize::MAX } else { 1 });
    found.map(|element| Place::Element(element, within)).collect()
}

fn sample(raw: &Raw<'_>) -> String {
    let mut text = match raw {
        Raw::Text(text) => folded(text.get(..4 * SAMPLE).unwrap_or(text)),
        Raw::Json(value) => value.to_string(),
    };
    text.truncate(text.floor_char_boundary(SAMPLE));
    text
}

/// Bytes of a value, about.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 16,
        Value::Array(values) => values.iter().map(size).sum::<usize>() + 16,
        Value::Object(object) => {
            object.iter().map(|(key, value)| key.len() + size(value)).sum::<usize>() + 16
        }
        _ => 16,
    }
}
