//! Reads an item's own page.

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
        (!fields.is_empty()).then_some(Self { fields, slots })
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
        if essence.is_some_and(extract::is_json) {
            let value = json(&text.text)?;
            let scene = scene(Base::new(url, text.charset, None), 1, &self.slots);
            return Ok(self.detail(Place::Json(&value), scene));
        }
        check_type(essence)?;
        let html = tree::parse(&text.text)?;
        let base = Base::new(url, text.charset, tree::base(&html));
        let mut scene = scene(base, tree::far(&html), &self.slots);
        let Some(root) = tree::root(&html) else { return Ok(Detail::default()) };
        let mut stated = property::top(json_ld::blocks(&html).0);
        stated.extend(microdata::top(&html, &scene.base, &mut scene.work));
        let stated = Value::Array(stated);
        Ok(self.detail(Place::Page(root, html.tree.values().len(), &stated), scene))
    }

    fn detail(&self, place: Place<'_>, mut scene: Scene) -> Detail {
        let fields = read_all(&self.fields, place, &mut scene);
        let cut = scene.work.cut;
        let dropped = fields.is_none() && cut.is_none();
        let fields = fields.unwrap_or_else(|| self.nothing());
        Detail { fields, dropped, tallies: scene.tallies, cut }
    }
}
