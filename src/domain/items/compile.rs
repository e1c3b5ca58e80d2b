//! From what is configured to what is read, with every error at once.

use regex::Regex;
use serde_json_path::JsonPath;

use super::css::{Css, Part};
use super::date::{DateRule, check_format};
use super::default;
use super::field::{Field, Take, Way, currency_of};
use super::locale::Locale;
use super::rule::{Parse, Rule};
use super::spec::{FieldSpec, ItemError};

/// Deepest nesting of fields within fields.
const DEEPEST: usize = 8;

/// What the fields of a source are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ways {
    Css,
    Path,
    /// A property, or a JSON path in the same item.
    Property,
    /// CSS in HTML, a path in JSON.
    Any,
}

/// Gathers errors and the names of tallies.
#[derive(Debug, Default)]
pub(super) struct Compiler {
    pub(super) errors: Vec<ItemError>,
    pub(super) slots: Vec<String>,
    /// The locale of fields that do not say.
    pub(super) locale: Option<String>,
}

impl Compiler {
    /// Notes what is wrong with a key.
    pub(super) fn wrong(&mut self, key: &str, problem: impl Into<String>) {
        self.errors.push(ItemError::new(key, problem));
    }

    /// A selector; `None` when it is none.
    pub(super) fn css(&mut self, key: &str, text: &str) -> Option<Css> {
        Css::parse(text).map_err(|problem| self.wrong(key, problem)).ok()
    }

    /// A JSON path; `None` when it is none.
    pub(super) fn path(&mut self, key: &str, text: &str) -> Option<JsonPath> {
        let wrong = |error| {
            format!("{text:?} is no JSON path ({error}); write one such as $.items[*]")
                .replace('\n', " ")
        };
        JsonPath::parse(text).map_err(|error| self.wrong(key, wrong(error))).ok()
    }

    /// Fields under `key` (`fields`); `shown` stands before their names in the tallies.
    pub(super) fn fields(
        &mut self,
        key: &str,
        shown: &str,
        specs: &[FieldSpec],
        ways: Ways,
    ) -> Vec<Field> {
        let mut names: Vec<String> = Vec::new();
        let mut fields = Vec::new();
        for spec in specs {
            let key = format!("{key}.{}", spec.name);
            if spec.name.is_empty() {
                self.wrong(&key, "a field needs a name");
            }
            let shown = format!("{shown}{}", spec.name);
            let Some(field) = self.field(&key, &shown, spec, ways) else { continue };
            let currency = field.has_currency().then(|| currency_of(&field.name));
            for name in std::iter::once(field.name.clone()).chain(currency) {
                if names.contains(&name) {
                    self.wrong(&key, format!("there is a field {name} already"));
                }
                names.push(name);
            }
            fields.push(field);
        }
        fields
    }

    fn field(&mut self, key: &str, shown: &str, spec: &FieldSpec, ways: Ways) -> Option<Field> {
        let slot = self.slots.len();
        self.slots.push(shown.to_owned());
        let way = self.way(key, spec, ways);
        let take = self.take(key, shown, spec, ways, way.as_ref());
        self.default(key, spec, take.as_ref());
        Some(Field {
            name: spec.name.clone(),
            slot,
            way: way?,
            take: take?,
            list: spec.list,
            required: spec.required,
            default: spec.default.clone(),
        })
    }

    fn default(&mut self, key: &str, spec: &FieldSpec, take: Option<&Take>) {
        let Some(default) = &spec.default else { return };
        let key = format!("{key}.default");
        if spec.required {
            self.wrong(&key, "a required field has no default");
        } else if let Some(problem) = take.and_then(|take| default::wrong(take, spec.list, default))
        {
            self.wrong(&key, problem);
        }
    }

    fn way(&mut self, key: &str, spec: &FieldSpec, ways: Ways) -> Option<Way> {
        let given = [spec.css.is_some(), spec.path.is_some(), spec.property.is_some()];
        if given.into_iter().filter(|given| *given).count() > 1 {
            self.wrong(key, "give one of css, path and property, not several");
            return None;
        }
        match (ways, spec) {
            (Ways::Css | Ways::Any, FieldSpec { css: Some(css), .. }) => {
                self.css(&format!("{key}.css"), css).map(Way::Css)
            }
            (Ways::Path | Ways::Property | Ways::Any, FieldSpec { path: Some(path), .. }) => {
                self.path(&format!("{key}.path"), path).map(Way::Path)
            }
            (Ways::Property | Ways::Any, FieldSpec { property: Some(name), .. }) => {
                Some(Way::Property(name.split('.').map(str::to_owned).collect()))
            }
            // Fields within are found where this one stands.
            (Ways::Css | Ways::Any, spec) if given == [false; 3] && !spec.fields.is_empty() => {
                self.css(key, "").map(Way::Css)
            }
            (Ways::Property, _) if given == [false; 3] => {
                Some(Way::Property(vec![spec.name.clone()]))
            }
            _ => {
                let wanted = match ways {
                    Ways::Css => "css, a selector such as \"h2\" or \"a@href\"",
                    Ways::Path => "path, a JSON path such as \"$.name\"",
                    Ways::Property => "property or path",
                    Ways::Any => "css, property, or path where the page is JSON",
                };
                self.wrong(key, format!("say where it is: {wanted}"));
                None
            }
        }
    }

    fn take(
        &mut self,
        key: &str,
        shown: &str,
        spec: &FieldSpec,
        ways: Ways,
        way: Option<&Way>,
    ) -> Option<Take> {
        if !spec.fields.is_empty() {
            return self.nested(key, shown, spec, ways);
        }
        if spec.parse.as_deref() == Some("exists") {
            if spec.list || spec.required || spec.default.is_some() || spec.regex.is_some() {
                self.wrong(key, "exists is true or false: no list, required, default or regex");
            }
            return Some(Take::Exists);
        }
        let parse = match spec.parse.as_deref() {
            None => by_way(way, spec.regex.is_some()),
            Some(name) => {
                let parse = Parse::named(name);
                if parse.is_none() {
                    let problem = format!("{name:?} is none of {}", Parse::NAMES);
                    self.wrong(&format!("{key}.parse"), problem);
                }
                parse
            }
        };
        let locale = self.locale(key, spec);
        let rule = Rule {
            parse,
            regex: self.regex(key, spec),
            replace: spec.replace.clone(),
            locale,
            date: DateRule { format: self.format(key, spec), month_first: locale.month_first },
        };
        Some(Take::Value(rule))
    }

    fn nested(&mut self, key: &str, shown: &str, spec: &FieldSpec, ways: Ways) -> Option<Take> {
        if key.matches(".fields.").count() >= DEEPEST {
            self.wrong(key, format!("fields are nested deeper than {DEEPEST}"));
            return None;
        }
        if spec.parse.is_some() || spec.regex.is_some() || spec.format.is_some() {
            self.wrong(key, "an item within has fields: no parse, regex or format of its own");
        }
        let inner = format!("{key}.fields");
        Some(Take::Item(self.fields(&inner, &format!("{shown}."), &spec.fields, ways)))
    }

    fn regex(&mut self, key: &str, spec: &FieldSpec) -> Option<Regex> {
        let Some(text) = &spec.regex else {
            if spec.replace.is_some() {
                self.wrong(&format!("{key}.replace"), "it needs a regex whose matches it replaces");
            }
            return None;
        };
        match Regex::new(text) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let said = error.to_string();
                let last = said.lines().last().unwrap_or_default().trim().to_owned();
                self.wrong(&format!("{key}.regex"), format!("{text:?} is no regex: {last}"));
                None
            }
        }
    }

    fn format(&mut self, key: &str, spec: &FieldSpec) -> Option<String> {
        let format = spec.format.as_ref()?;
        let key = format!("{key}.format");
        if spec.parse.as_deref() != Some("date") {
            self.wrong(&key, "only a date has a format: add parse = \"date\"");
        } else if let Err(problem) = check_format(format) {
            let problem = format!("{format:?} is no format of a date ({problem})");
            self.wrong(&key, format!("{problem}; write one such as %d.%m.%Y"));
        }
        Some(format.clone())
    }

    fn locale(&mut self, key: &str, spec: &FieldSpec) -> Locale {
        let mut locale = self.language(&format!("{key}.locale"), spec.locale.as_deref());
        for (part, text) in [("decimal", &spec.decimal), ("group", &spec.group)] {
            let Some(text) = text else { continue };
            let Some(mark) = one_mark(text) else {
                self.wrong(&format!("{key}.{part}"), format!("{text:?} is no single mark"));
                continue;
            };
            *(if part == "decimal" { &mut locale.decimal } else { &mut locale.group }) = Some(mark);
        }
        if locale.group.is_some() && locale.group == locale.decimal {
            self.wrong(&format!("{key}.group"), "it is the decimal mark, too");
        }
        locale
    }

    fn language(&mut self, key: &str, own: Option<&str>) -> Locale {
        let (key, name) = match (own, self.locale.clone()) {
            (Some(own), _) => (key, own.to_owned()),
            (None, Some(common)) => ("locale", common),
            (None, None) => return Locale::default(),
        };
        let found = Locale::named(&name);
        if found.is_none() && !self.errors.iter().any(|error| error.key == key) {
            self.wrong(key, format!("{name:?} is no language known here; write en, de, sr, ..."));
        }
        found.unwrap_or_default()
    }
}

/// A value of `href` or `src` is a URL unless it is said what it is; what a regex takes from one is
/// a piece of it, which is text.
fn by_way(way: Option<&Way>, cut: bool) -> Option<Parse> {
    match way {
        Some(Way::Css(css)) => Some(match &css.part {
            Part::Attribute(name) if !cut && (name == "href" || name == "src") => Parse::Url,
            Part::Html => Parse::Html,
            _ => Parse::Text,
        }),
        _ => None,
    }
}

/// A mark of numbers; an apostrophe is the same in each form, and so is a blank.
fn one_mark(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let mark = chars.next().filter(|c| !c.is_alphanumeric())?;
    chars.next().is_none().then_some(match mark {
        '\u{2019}' => '\'',
        c if c.is_whitespace() => ' ',
        c => c,
    })
}
