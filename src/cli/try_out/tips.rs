//! The tips that an answer holds, with the names of their kinds and fields.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::sight::Paper;
use crate::domain::extract;
use crate::domain::harvest::{AnswerError, ResultSpec, Tip, TipReader};
use crate::domain::job::{Generator, Job};

/// A kind of result, and how many tips of it there are.
#[derive(Debug, Serialize)]
pub(super) struct Kind {
    pub(super) result: String,
    pub(super) tips: usize,
}

/// The kinds, and the tips each as an object.
pub(super) fn read(
    job: &Job,
    reader: &TipReader,
    paper: &Paper,
) -> Result<(Vec<Kind>, Vec<Value>), AnswerError> {
    let reading = reader.read(&extract::text(None, &paper.headers, &paper.body))?;
    let specs = match &job.generator {
        Generator::Harvest(harvest) => harvest.results.as_slice(),
        _ => &[],
    };
    let of = |at| reading.tips.iter().filter(|tip| tip.result == at).count();
    let kinds = specs.iter().enumerate();
    let kinds = kinds.map(|(at, spec)| Kind { result: spec.name.clone(), tips: of(at) }).collect();
    let named = reading.tips.iter().filter_map(|tip| Some(told(specs.get(tip.result)?, tip)));
    Ok((kinds, named.collect()))
}

fn told(spec: &ResultSpec, tip: &Tip) -> Value {
    let fields: Map<String, Value> = spec
        .fields
        .iter()
        .zip(&tip.fields)
        .map(|(field, value)| (field.name.clone(), json!(value)))
        .collect();
    let text = Some(&tip.text).filter(|text| !text.is_empty());
    json!({ "result": spec.name, "rank": tip.rank, "text": text, "fields": fields })
}
