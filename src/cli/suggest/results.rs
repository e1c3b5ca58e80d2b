//! What is taken from the answers, as the options say it.

use crate::cli::error::CommandError;
use crate::domain::harvest::{CleaningSpec, FieldSpec, ResultSpec};

/// The one kind of result that needs no name.
const TIPS: &str = "tips";

/// What is taken from the answers.
#[derive(Debug, clap::Args)]
pub(super) struct ResultOptions {
    /// Where the tips are in the answer, such as '$.query[*]'; NAME=JSONPATH for one of several
    /// kinds (repeatable)
    #[arg(long, value_name = "[NAME=]JSONPATH", required = true, value_parser = named)]
    tips: Vec<(Option<String>, String)>,
    /// A further value of each tip: url='$.url', or of one of several kinds products.url='$.url'
    /// (repeatable); name is the text of a tip that is an object
    #[arg(long, value_name = "[KIND.]NAME=JSONPATH", value_parser = field)]
    field: Vec<(String, String)>,
    /// Strip tags from texts and values, and read their entities
    #[arg(long)]
    strip_tags: bool,
    /// Cut white space at the ends of texts and values
    #[arg(long)]
    trim: bool,
}

/// A path, or one with a name before it.
fn named(text: &str) -> Result<(Option<String>, String), String> {
    if text.starts_with('$') {
        return Ok((None, text.to_owned()));
    }
    let (name, path) = field(text)?;
    Ok((Some(name), path))
}

fn field(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.trim().is_empty());
    let (name, path) = pair.ok_or_else(|| {
        format!("'{text}': write a JSON path such as $.query[*], or a name before it: NAME=$.path")
    })?;
    Ok((name.trim().to_owned(), path.to_owned()))
}

impl ResultOptions {
    /// The kinds of result with their fields.
    pub(super) fn specs(&self) -> Result<Vec<ResultSpec>, CommandError> {
        let cleaning = CleaningSpec { strip_tags: self.strip_tags, trim: self.trim, pattern: None };
        let each = self.tips.iter();
        let mut results: Vec<ResultSpec> = each
            .map(|(name, path)| ResultSpec {
                name: name.clone().unwrap_or_else(|| TIPS.to_owned()),
                path: path.clone(),
                cleaning: cleaning.clone(),
                ..ResultSpec::default()
            })
            .collect();
        for (name, path) in &self.field {
            let (kind, name) = match name.split_once('.') {
                Some((kind, name)) => (Some(kind), name),
                None => (None, name.as_str()),
            };
            let field = FieldSpec {
                name: name.to_owned(),
                path: path.clone(),
                cleaning: cleaning.clone(),
                ..FieldSpec::default()
            };
            kind_of(&mut results, kind, name)?.fields.push(field);
        }
        Ok(results)
    }
}

/// The kind that a field belongs to.
fn kind_of<'r>(
    results: &'r mut [ResultSpec],
    kind: Option<&str>,
    field: &str,
) -> Result<&'r mut ResultSpec, CommandError> {
    match (results, kind) {
        ([only], None) => Ok(only),
        (results, Some(kind)) => {
            let found = results.iter_mut().find(|result| result.name == kind);
            found.ok_or_else(|| {
                CommandError::usage(format!(
                    "--field {kind}.{field}: there is no --tips {kind}=JSONPATH"
                ))
            })
        }
        (_, None) => Err(CommandError::usage(format!(
            "--field {field}: there are several kinds of tips: write KIND.{field}=JSONPATH"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(tips: &[&str], fields: &[&str]) -> ResultOptions {
        ResultOptions {
            tips: tips.iter().map(|text| named(text).unwrap()).collect(),
            field: fields.iter().map(|text| field(text).unwrap()).collect(),
            strip_tags: false,
            trim: true,
        }
    }

    #[test]
    fn one_kind_needs_no_name_and_several_have_their_own_fields() {
        let one = options(&["$.query[?@.n=='a=b']"], &["url=$.url"]).specs().unwrap();
        assert_eq!((one[0].name.as_str(), one[0].path.as_str()), ("tips", "$.query[?@.n=='a=b']"));
        assert_eq!(one[0].fields[0].name, "url");
        assert!(one[0].cleaning.trim && one[0].fields[0].cleaning.trim);
        let two = options(&["query=$.q[*]", "products=$.p[*]"], &["products.name=$.n"]);
        let two = two.specs().unwrap();
        assert!(two[0].fields.is_empty());
        assert_eq!((two[1].name.as_str(), two[1].fields[0].name.as_str()), ("products", "name"));
    }

    #[test]
    fn a_field_of_no_kind_is_refused() {
        for (tips, field, said) in [
            (&["a=$.a", "b=$.b"][..], "url=$.u", "--field url: there are several kinds"),
            (&["a=$.a"][..], "c.url=$.u", "--field c.url: there is no --tips c=JSONPATH"),
        ] {
            let error = options(tips, &[field]).specs().unwrap_err();
            assert!(error.message.starts_with(said) && error.exit == 2, "{}", error.message);
        }
        assert!(named("query[*]").is_err() && named("=$.a").is_err() && field("a").is_err());
    }
}
