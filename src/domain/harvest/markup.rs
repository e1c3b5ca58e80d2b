//! Tips that stand in markup: of an answer that is HTML, or of HTML within an answer of JSON.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::super::items::{PickError, Picker};
use super::cleaning::Cleaning;
use super::spec::{ResultSpec, RuleError};
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
    pub(super) fn new(spec: &ResultSpec, item: &str) -> Result<Self, RuleError> {
        let key = |part: &str| format!("results.{}.{part}", spec.name);
        let wrong = |key: String, problem: String| Err(RuleError { key, problem });
        if !spec.path.is_empty() {
            let problem = "give a path or css, not both; the path of markup in JSON is html";
            return wrong(key("path"), problem.to_owned());
        }
        let mut values =
            vec![spec.text.as_ref().map_or("", |text| text.css.as_deref().unwrap_or(""))];
        let mut cleanings = vec![match &spec.text {
            Some(text) => tips::cleaning(&key("text"), &text.cleaning)?,
            None => tips::cleaning(&key("pattern"), &spec.cleaning)?,
        }];
        for field in &spec.fields {
            let key = key(&format!("fields.{}", field.name));
            let Some(css) = field.css.as_deref().filter(|_| field.path.is_empty()) else {
                let problem = "give css, a selector within the tip: markup has no paths";
                return wrong(key, problem.to_owned());
            };
            values.push(css);
            cleanings.push(tips::cleaning(&key, &field.cleaning)?);
        }
        let html = spec.html.as_ref().map(|path| tips::path(&key("html"), path)).transpose()?;
        let picker = Picker::new(item, &values).map_err(|(at, problem)| {
            let field = at.checked_sub(2).and_then(|at| spec.fields.get(at));
            let key = match (at, field) {
                (0, _) => key("css"),
                (_, Some(field)) => key(&format!("fields.{}.css", field.name)),
                _ => key("text.css"),
            };
            RuleError { key, problem }
        })?;
        Ok(Self { html, picker, cleanings })
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

fn refused(error: PickError) -> AnswerError {
    match error {
        PickError::Refused(refusal) => AnswerError::Html(refusal.to_string()),
        PickError::Cut(cut) => AnswerError::Html(cut.to_string()),
    }
}
