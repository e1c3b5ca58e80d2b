//! Reads the items of a document.

use encoding_rs::{Encoding, UTF_8};
use serde_json::Value;

use super::super::extract;
use super::super::url::CanonicalUrl;
use super::base::Base;
use super::compile::Compiler;
use super::detail::DetailReader;
use super::document::{check_type, json, scene};
use super::field::{Field, Place, Scene, currency_of, read_all, size};
use super::page::{Spot, Whole};
use super::property;
use super::reading::{Cut, Item, MOST_ITEMS, Reading, Refusal};
use super::source::{Source, elements, stated};
use super::spec::{ItemError, ItemsSpec};
use super::tree;

/// Reads items as configured. The same document always gives the same items.
#[derive(Debug, Clone)]
pub struct ItemReader {
    source: Source,
    fields: Vec<Field>,
    key: Vec<String>,
    detail: Option<String>,
    details: Option<DetailReader>,
    next: Option<Spot>,
    more: Option<Spot>,
    slots: Vec<String>,
    most: Option<usize>,
}

impl ItemReader {
    /// Checks and takes what is configured.
    ///
    /// # Errors
    /// Everything that is wrong, each with its key.
    pub fn new(spec: &ItemsSpec) -> Result<Self, Vec<ItemError>> {
        let mut compiler = Compiler { locale: spec.locale.clone(), ..Compiler::default() };
        let (source, ways) = Source::new(spec, &mut compiler);
        if spec.fields.is_empty() && !source.as_ref().is_some_and(Source::has_names) {
            compiler.wrong("fields", "give at least one field, such as title = \"h2\"");
        }
        if spec.max_items == Some(0) {
            compiler.wrong("max_items", "give 1 or more");
        }
        let fields = compiler.fields("fields", "", &spec.fields, ways);
        check_names(spec, &fields, &mut compiler);
        let json = matches!(source, Some(Source::Json(_)));
        let next = Spot::new("next", spec.next.as_ref(), json, &mut compiler);
        let more = Spot::new("more", spec.more.as_ref(), json, &mut compiler);
        let slots = std::mem::take(&mut compiler.slots);
        let details = DetailReader::new(spec, &columns(&fields), &mut compiler);
        match source {
            Some(source) if compiler.errors.is_empty() => Ok(Self {
                source,
                fields,
                key: spec.key.clone(),
                detail: spec.detail.clone(),
                details,
                next,
                more,
                slots,
                most: spec.max_items,
            }),
            _ => Err(compiler.errors),
        }
    }

    /// The names of the fields of an item, in the order in which they come out: behind a price
    /// its currency, last those of its own page. Empty when each property is a field.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        if self.fields.is_empty() {
            return Vec::new();
        }
        let mut names = columns(&self.fields);
        names.extend(self.details.iter().flat_map(DetailReader::columns));
        names
    }

    /// What reads the items' own pages, if they are to be read.
    #[must_use]
    pub fn details(&self) -> Option<&DetailReader> {
        self.details.as_ref()
    }

    /// The items of a body whose content codings are undone. `url`: where it came from;
    /// `content_type`: the header.
    ///
    /// # Errors
    /// When it is not what items are read from, or more of it than is taken.
    pub fn read_bytes(
        &self,
        url: &CanonicalUrl,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Reading, Refusal> {
        let text = extract::document(url, content_type, body);
        self.read_in(url, text.content_type.as_deref(), &text.text, text.charset)
    }

    /// The items of a document that is text. `content_type`: media type, lower case.
    ///
    /// # Errors
    /// As for [`ItemReader::read_bytes`].
    pub fn read(
        &self,
        url: &CanonicalUrl,
        content_type: Option<&str>,
        text: &str,
    ) -> Result<Reading, Refusal> {
        self.read_in(url, content_type, text, UTF_8)
    }

    fn read_in(
        &self,
        url: &CanonicalUrl,
        content_type: Option<&str>,
        text: &str,
        charset: &'static Encoding,
    ) -> Result<Reading, Refusal> {
        if let Source::Json(path) = &self.source {
            let value = json(text)?;
            let scene = scene(Base::new(url, charset, None), 1, &self.slots);
            let places = path.query(&value).all().into_iter().map(Place::Json).collect();
            return Ok(self.gather(places, Whole::Json(&value), scene));
        }
        check_type(content_type)?;
        let html = tree::parse(text)?;
        let base = Base::new(url, charset, tree::base(&html));
        let mut scene = scene(base, tree::far(&html), &self.slots);
        let Some(root) = tree::root(&html) else { return Ok(Reading::default()) };
        if let Source::Css(css) = &self.source {
            let places = elements(css, root, &html, &mut scene);
            return Ok(self.gather(places, Whole::Html(root), scene));
        }
        let (values, broken) = stated(&self.source, root, &html, &mut scene);
        let places = values.iter().map(Place::Json).collect();
        Ok(Reading { broken, ..self.gather(places, Whole::Html(root), scene) })
    }

    fn gather(&self, places: Vec<Place<'_>>, whole: Whole<'_>, mut scene: Scene) -> Reading {
        let mut reading = Reading::default();
        for place in places {
            if self.most.is_some_and(|most| reading.items.len() >= most) {
                break;
            }
            if reading.items.len() == MOST_ITEMS {
                reading.cut = Some(Cut::Items);
                break;
            }
            match self.fields(place, &mut scene) {
                Some(fields) => reading.items.push(self.item(fields, &scene.base)),
                None if scene.work.cut.is_some() => break,
                None => reading.dropped += 1,
            }
        }
        reading.next = self.next.as_ref().and_then(|spot| spot.page(whole, &scene.base));
        reading.more = self.more.as_ref().map(|spot| spot.exists(whole));
        reading.cut = reading.cut.or(scene.work.cut);
        reading.tallies = scene.tallies;
        reading
    }

    /// The fields of an item; `None` when a required one is missing, or the work ran out.
    fn fields(&self, place: Place<'_>, scene: &mut Scene) -> Option<Vec<(String, Value)>> {
        match place {
            Place::Json(value) if self.fields.is_empty() => {
                scene.work.text(size(value)).then(|| property::flat(value))
            }
            place => read_all(&self.fields, sized(place, scene)?, scene),
        }
    }

    fn item(&self, fields: Vec<(String, Value)>, base: &Base) -> Item {
        let mut item = Item { fields, ..Item::default() };
        let value = |name| item.get(name).unwrap_or(&Value::Null);
        let key: Vec<&Value> = self.key.iter().map(|name| value(name)).collect();
        let known = key.iter().any(|value| !value.is_null());
        let detail = self.detail.as_ref().and_then(|name| base.page(value(name).as_str()?));
        item.key = known.then(|| serde_json::to_string(&key).ok()).flatten();
        item.detail = detail;
        item
    }
}

/// Do key and detail name fields?
fn check_names(spec: &ItemsSpec, fields: &[Field], compiler: &mut Compiler) {
    let columns = columns(fields);
    // A field that is wrong itself has been named already; without fields each property is one.
    let known = |name: &String| {
        spec.fields.is_empty()
            || columns.contains(name)
            || spec.fields.iter().any(|field| field.name == *name)
    };
    for name in spec.key.iter().filter(|name| !known(name)) {
        compiler.wrong("key", format!("there is no field {name}"));
    }
    if let Some(name) = spec.detail.as_ref().filter(|name| !known(name)) {
        compiler.wrong("detail", format!("there is no field {name}"));
    }
    if spec.detail.is_none() && !spec.detail_fields.is_empty() {
        compiler.wrong("detail", "name the field that holds the URL of the item's own page");
    }
}

pub(super) fn columns(fields: &[Field]) -> Vec<String> {
    let names = |field: &Field| {
        let currency = field.has_currency().then(|| currency_of(&field.name));
        std::iter::once(field.name.clone()).chain(currency)
    };
    fields.iter().flat_map(names).collect()
}

/// An element with the number of nodes within it, which are looked at once for that.
fn sized<'a>(place: Place<'a>, scene: &mut Scene) -> Option<Place<'a>> {
    let Place::Element(element, _) = place else { return Some(place) };
    let within = element.descendants().take(scene.work.left().saturating_add(1)).count();
    scene.work.steps(within).then_some(Place::Element(element, within))
}
