//! Why a value does not fit its key, in words for people.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

/// Words that are closer than this are taken for one another's misspelling (0 to 1).
const ALIKE: f64 = 0.87;

/// A value that does not fit.
#[derive(Debug)]
pub(super) struct Unfit {
    /// Where it lies within what was read: `.fields.title`, `.include[1]`.
    path: String,
    why: String,
}

impl Unfit {
    /// The same, seen from outside.
    pub(super) fn within(self, place: &str) -> Self {
        Self { path: format!("{place}{}", self.path), ..self }
    }

    fn new(why: String) -> Self {
        Self { path: String::new(), why }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.trim_start_matches('.'), self.why)
    }
}

impl std::error::Error for Unfit {}

impl Error for Unfit {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self::new(why.to_string())
    }

    fn invalid_type(is: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let wanted = wanted.to_string();
        let (wanted, fits): (&str, fn(&str) -> bool) = match wanted.as_str() {
            "a boolean" => ("true or false", |text| text.parse::<bool>().is_ok()),
            "a string" => ("a text", |_| false),
            "a sequence" => ("a list", |_| false),
            "f32" | "f64" => ("a number", |text| text.parse::<f64>().is_ok()),
            other if is_whole(other) => ("a whole number", |text| text.parse::<i128>().is_ok()),
            other => (other, |_| false),
        };
        // Other texts may be secrets.
        let shown = matches!(wanted, "true or false" | "a number" | "a whole number");
        let mend = match is {
            Unexpected::Str(text) if fits(text) => "; leave out the quotes",
            Unexpected::Bool(_) if wanted == "a text" => "; put it in quotes",
            Unexpected::Str(_) if wanted == "a list" => "; write it as [\"...\"]",
            _ => "",
        };
        let is = match is {
            Unexpected::Str(text) if shown => format!("\"{text}\""),
            Unexpected::Str(_) => "a text".to_owned(),
            Unexpected::Bool(value) => value.to_string(),
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Float(number) => number.to_string(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a section".to_owned(),
            other => other.to_string(),
        };
        Self::new(format!("{is} is not {wanted}{mend}"))
    }

    fn invalid_value(is: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let wanted = wanted.to_string();
        match is {
            Unexpected::Signed(number) if number < 0 && wanted.starts_with('u') => {
                Self::new(format!("{number} is too small; give 0 or more"))
            }
            Unexpected::Signed(number) if is_whole(&wanted) => {
                Self::new(format!("{number} is out of range; give a number nearer to 0"))
            }
            other => Self::new(format!("{other} is not {wanted}")),
        }
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Self::new(none_of(name, known))
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(unknown(known, key)).within(&format!(".{key}"))
    }
}

fn is_whole(wanted: &str) -> bool {
    let bits = wanted.strip_prefix(['i', 'u']);
    bits.is_some_and(|bits| matches!(bits, "8" | "16" | "32" | "64" | "128" | "size"))
}

/// What is said of a name that is none of those known.
pub(super) fn none_of(name: &str, known: &[&str]) -> String {
    let meant = nearest(name, known).map(|near| format!("; is {near} meant?"));
    format!("'{name}' is none of {}{}", known.join(", "), meant.unwrap_or_default())
}

/// What is said of a key that is none of those known.
pub(super) fn unknown(known: &[&str], key: &str) -> String {
    let meant = nearest(key, known).map(|near| format!("; is {near} meant?"));
    format!("unknown key{}", meant.unwrap_or_default())
}

/// The one that this is most likely a misspelling of.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let each = known.iter().map(|known| (strsim::jaro_winkler(name, known), *known));
    let near = each.filter(|(nearness, _)| *nearness >= ALIKE);
    near.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, known)| known)
}
