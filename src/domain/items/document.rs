//! What every reading of a document begins with.

use serde_json::Value;

use super::super::extract::is_json;
use super::super::harvest::check_shape;
use super::base::Base;
use super::field::Scene;
use super::reading::{FieldTally, Refusal};
use super::work::Work;

pub(super) fn scene(base: Base, far: usize, slots: &[String]) -> Scene {
    let tally = |field: &String| FieldTally { field: field.clone(), ..FieldTally::default() };
    Scene { base, far, work: Work::new(), tallies: slots.iter().map(tally).collect() }
}

/// HTML, or something that may be it.
pub(super) fn check_type(content_type: Option<&str>) -> Result<(), Refusal> {
    match content_type {
        Some(essence) if is_json(essence) || !is_markup(essence) => {
            Err(Refusal::Type(essence.to_owned()))
        }
        _ => Ok(()),
    }
}

fn is_markup(essence: &str) -> bool {
    essence.starts_with("text/") || essence == "application/xml" || essence.ends_with("+xml")
}

/// Parses JSON whose shape is bearable. Nothing at all is null.
pub(super) fn json(text: &str) -> Result<Value, Refusal> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    check_shape(text).map_err(Refusal::Shape)?;
    serde_json::from_str(text).map_err(|error| Refusal::Json(error.to_string()))
}
