//! Reads an item's own page: its fields are found, made and required as those of an item are.

use serde_json::Value;

use super::super::extract;
use super::super::url::CanonicalUrl;
use super::base::Base;
use super::compile::{Compiler, Ways};
use super::document::{check_type, json, scene};
use super::field::{Field, Place, Scene, currency_of, read_all};
use super::json_ld;
use super::microdata;
use super::property;
use super::reader::columns;
use super::reading::{Cut, FieldTally, Refusal};
use super::spec::ItemsSpec;
use super::tree;

/// Reads the fields of a detail page: the whole document is the item. CSS in HTML, paths in JSON,
/// properties in what the page states as JSON-LD, then as microdata.
#[derive(Debug, Clone)]
pub struct DetailReader {
    fields: Vec<Field>,
    slots: Vec<String>,
    /// Are the items read from JSON? Then so are their pages, whatever they say they are, unless they
    /// begin as markup does.
    json: bool,
    /// Is something taken from what pages state in their own data?
    states: bool,
}

/// What a detail page adds to its item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detail {
    /// The fields, in the configured order; one that is missing is null.
    pub fields: Vec<(String, Value)>,
    /// A required field has no value: the item is to be left out.
    pub dropped: bool,
    /// One for each field.
    pub tallies: Vec<FieldTally>,
    /// Blocks of JSON-LD that are no JSON.
    pub broken: usize,
    /// Not all was read.
    pub cut: Option<Cut>,
}

impl DetailReader {
    /// `None` when there are no fields, or they are wrong.
    pub(super) fn new(spec: &ItemsSpec, taken: &[String], compiler: &mut Compiler) -> Option<Self> {
        let fields = compiler.fields("detail_fields", "", &spec.detail_fields, Ways::Any);
        for name in columns(&fields).iter().filter(|name| taken.contains(name)) {
            compiler.wrong(&format!("detail_fields.{name}"), "the item has this field already");
        }
        let slots = std::mem::take(&mut compiler.slots);
        let json = spec.source.as_deref() == Some("json");
        let states = fields.iter().any(Field::has_property);
        (!fields.is_empty()).then_some(Self { fields, slots, json, states })
    }

    /// Is an item left out whose page lacks some of them?
    #[must_use]
    pub fn requires(&self) -> bool {
        self.fields.iter().any(|field| field.required)
    }

    /// The names of the fields, behind a price its currency.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        columns(&self.fields)
    }

    /// The fields of an item whose own page could not be read: null, or their defaults.
    #[must_use]
    pub fn nothing(&self) -> Vec<(String, Value)> {
        let mut values = Vec::new();
        for field in &self.fields {
            values.push((field.name.clone(), field.default.clone().unwrap_or_default()));
            if field.has_currency() {
                values.push((currency_of(&field.name), Value::Null));
            }
        }
        values
    }

    /// The fields of a body whose content codings are undone. `url`: where it came from;
    /// `content_type`: the header.
    ///
    /// # Errors
    /// When it is neither HTML nor JSON, or more of it than is taken.
    pub fn read_bytes(
        &self,
        url: &CanonicalUrl,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Detail, Refusal> {
        let text = extract::document(url, content_type, body);
        let essence = text.content_type.as_deref();
        let is_markup = text.text.trim_start_matches('\u{feff}').trim_start().starts_with('<');
        if essence.is_some_and(extract::is_json) || (self.json && !is_markup) {
            let value = json(&text.text)?;
            let scene = scene(Base::new(url, text.charset, None), 1, &self.slots);
            return Ok(self.detail(Place::Json(&value), scene));
        }
        check_type(essence)?;
        let html = tree::parse(&text.text)?;
        let base = Base::new(url, text.charset, tree::base(&html));
        let mut scene = scene(base, tree::far(&html), &self.slots);
        let Some(root) = tree::root(&html) else { return Ok(Detail::default()) };
        let (mut stated, mut broken) = (Vec::new(), 0);
        if self.states {
            let (blocks, bad) = json_ld::blocks(&html);
            (stated, broken) = (property::top(blocks), bad);
            stated.extend(microdata::top(&html, &scene.base, &mut scene.work));
        }
        let stated = Value::Array(stated);
        let place = Place::Page(root, html.tree.values().len(), &stated);
        Ok(Detail { broken, ..self.detail(place, scene) })
    }

    fn detail(&self, place: Place<'_>, mut scene: Scene) -> Detail {
        let fields = read_all(&self.fields, place, &mut scene);
        let cut = scene.work.cut;
        let dropped = fields.is_none() && self.requires();
        let fields = fields.unwrap_or_else(|| self.nothing());
        Detail { fields, dropped, tallies: scene.tallies, broken: 0, cut }
    }
}
