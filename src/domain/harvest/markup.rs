//! Tips that stand in markup: of an answer that is HTML, or of HTML within an answer of JSON.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::super::items::{PickError, Picker};
use super::cleaning::Cleaning;
use super::spec::{ResultSpec, RuleError, RuleErrors};
use super::tips::{self, AnswerError, MOST_TEXT, Tip};

/// How tips of one kind are found in markup.
#[derive(Debug, Clone)]
pub(super) struct Markup {
    /// Where the markup is in the JSON; without it the whole answer is markup.
    pub(super) html: Option<JsonPath>,
    /// The text comes first, then the fields.
    picker: Picker,
    cleanings: Vec<Cleaning>,
}

impl Markup {
    /// Reads what is configured; `item` is the selector of the tips.
    pub(super) fn new(spec: &ResultSpec, item: &str) -> Result<Self, RuleErrors> {
        let key = |part: &str| format!("results.{}.{part}", spec.name);
        let mut errors = RuleErrors::default();
        if !spec.path.is_empty() {
            let problem = "give a path or css, not both; the path of markup in JSON is html";
            errors.0.push(RuleError { key: key("path"), problem: problem.to_owned() });
        }
        let text = spec.text.as_ref();
        let mut values = vec![text.map_or("", |text| text.css.as_deref().unwrap_or(""))];
        let mut keys = vec![key("text.css")];
        let cleaning = match text {
            Some(text) => tips::cleaning(&key("text"), &text.cleaning),
            None => tips::cleaning(&key("pattern"), &spec.cleaning),
        };
        let mut cleanings: Vec<_> = errors.take(cleaning).into_iter().collect();
        for field in &spec.fields {
            let key = key(&format!("fields.{}", field.name));
            if let Some(css) = field.css.as_deref().filter(|_| field.path.is_empty()) {
                values.push(css);
                keys.push(format!("{key}.css"));
            } else {
                let problem = "give css, a selector within the tip: markup has no paths".to_owned();
                errors.0.push(RuleError { key: key.clone(), problem });
            }
            cleanings.extend(errors.take(tips::cleaning(&key, &field.cleaning)));
        }
        let html = spec.html.as_ref().and_then(|path| errors.take(tips::path(&key("html"), path)));
        let picker = Picker::new(item, &values).ok();
        if picker.is_none() {
            errors.0.extend(unreadable((key("css"), item), keys.into_iter().zip(values)));
        }
        errors.or(picker.map(|picker| Self { html, picker, cleanings }))
    }

    /// The tips of an answer, those of several pieces of markup one after another.
    pub(super) fn read(
        &self,
        text: &str,
        answer: Option<&Value>,
        result: usize,
    ) -> Result<Vec<Tip>, AnswerError> {
        let pieces: Vec<&str> = match (&self.html, answer) {
            (None, _) => vec![text],
            (Some(path), Some(answer)) => {
                path.query(answer).all().into_iter().filter_map(Value::as_str).collect()
            }
            (Some(_), None) => Vec::new(),
        };
        let (mut tips, mut room) = (Vec::new(), MOST_TEXT);
        for piece in pieces {
            for values in self.picker.pick(piece).map_err(refused)? {
                let tip = self.tip(values, result, tips.len() + 1);
                room = room.checked_sub(tips::size(&tip)).ok_or(AnswerError::Text)?;
                tips.push(tip);
            }
        }
        Ok(tips)
    }

    fn tip(&self, values: Vec<Option<String>>, result: usize, rank: usize) -> Tip {
        let clean = |(value, cleaning): (Option<String>, &Cleaning)| {
            value.map(|value| cleaning.clean(value)).filter(|value| !value.is_empty())
        };
        let mut values = values.into_iter().zip(&self.cleanings).map(clean);
        let text = values.next().flatten().unwrap_or_default();
        Tip { result, rank, text, fields: values.collect() }
    }
}

/// Each of the selectors, that of the tips first, that is none.
fn unreadable<'a>(
    (key, item): (String, &str),
    values: impl Iterator<Item = (String, &'a str)>,
) -> Vec<RuleError> {
    let of_item = Picker::new(item, &[]).err().map(|(_, problem)| RuleError { key, problem });
    let of_values = values.filter_map(|(key, css)| {
        let (_, problem) = Picker::new("*", &[css]).err()?;
        Some(RuleError { key, problem })
    });
    of_item.into_iter().chain(of_values).collect()
}

fn refused(error: PickError) -> AnswerError {
    match error {
        PickError::Refused(refusal) => AnswerError::Html(refusal.to_string()),
        PickError::Cut(cut) => AnswerError::Html(cut.to_string()),
    }
}
