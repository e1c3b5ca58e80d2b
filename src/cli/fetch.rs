//! `crawld fetch`: a list of URLs.

use std::fs::File;
use std::path::Path;

use super::error::CommandError;
use super::one_off::{self, OneOff};
use super::options::Shared;
use super::text::without_login;
use crate::app::Order;
use crate::config::{Override, Settings, Value};
use crate::domain::job::{FetchSpec, JobSpec, Root};
use crate::domain::list::Column;

/// Options of `crawld fetch`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files with one URL a line; - is standard input
    #[arg(required_unless_present = "sitemap", value_name = "FILE")]
    files: Vec<String>,
    /// The files are CSV or TSV: take the URLs from this column, given by name or number
    #[arg(long, value_name = "NAME|NUMBER", value_parser = column)]
    column: Option<String>,
    /// Take the entries of this sitemap, or index of sitemaps, as a list (repeatable)
    #[arg(long, value_name = "URL")]
    sitemap: Vec<String>,
    /// Ask for the status of each link too, and report those that are broken
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    shared: Shared,
}

impl OneOff for Args {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn overrides(&self) -> Vec<Override> {
        let mut overrides = Vec::new();
        let mut text = |key, text: &str| {
            overrides.push(Override { key, value: Value::Text(text.to_owned()) });
        };
        if !self.shared.names_links() {
            text("job.links", "all");
        }
        if !self.shared.names_scope() {
            text("job.scope", "any");
        }
        overrides
    }

    /// Its name is the stem of the first file.
    fn order(&self, settings: &Settings) -> Result<Order, CommandError> {
        if self.check && !settings.job.all_links {
            return Err(CommandError::usage("--check stores all links: leave --links first out"));
        }
        if settings.job.scope != "any" {
            return Err(CommandError::usage(
                "--scope: a list is asked as it stands; --include and --exclude narrow it",
            ));
        }
        let files = self.files.iter().map(|file| readable(file)).collect::<Result<_, _>>()?;
        let sitemaps = self.sitemap.iter().map(|url| sitemap(url)).collect::<Result<_, _>>()?;
        let list = FetchSpec {
            files,
            sitemaps,
            column: self.column.clone(),
            check: self.check,
            ..FetchSpec::default()
        };
        let kind = "fetch".to_owned();
        let spec = JobSpec { kind, fetch: Some(list), ..settings.job.clone() };
        one_off::order(&self.shared, format!("fetch-{}", self.stem()), spec)
    }

    fn without_result(&self, known: i64) -> CommandError {
        match known {
            0 => CommandError::usage(
                "the list holds no URL: give one a line, such as https://example.org/, or with \
                 --column a table",
            ),
            _ => CommandError {
                exit: 1,
                message: "no URL of the list gave a page; the report says why".to_owned(),
            },
        }
    }
}

impl Args {
    fn stem(&self) -> String {
        match self.files.first().map(String::as_str) {
            Some("-") => "stdin".to_owned(),
            Some(file) => {
                let stem = Path::new(file).file_stem().map(|stem| stem.to_string_lossy());
                stem.map_or_else(|| "list".to_owned(), std::borrow::Cow::into_owned)
            }
            None => {
                let root = self.sitemap.first().and_then(|url| Root::parse(url).ok());
                root.map_or_else(|| "sitemap".to_owned(), |root| root.url.host().to_owned())
            }
        }
    }
}

fn column(text: &str) -> Result<String, String> {
    let read: Result<Column, _> = text.parse();
    read.map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// The full name of a file that can be read: found out before anything is asked.
fn readable(file: &str) -> Result<String, CommandError> {
    if file == "-" {
        return Ok(file.to_owned());
    }
    let wrong = |why: String| {
        CommandError::usage(format!("{file}: {why}; give a file with one URL a line"))
    };
    let open = File::open(file).map_err(|error| wrong(error.to_string()))?;
    if open.metadata().is_ok_and(|data| data.is_dir()) {
        return Err(wrong("it is a folder".to_owned()));
    }
    let path = std::path::absolute(file).map_err(|error| wrong(error.to_string()))?;
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| wrong("its full name is not UTF-8".to_owned()))
}

/// The sitemap's URL as it is kept.
fn sitemap(text: &str) -> Result<String, CommandError> {
    let root = Root::parse(text).map_err(|error| {
        CommandError::usage(format!(
            "--sitemap '{}': {error}; give a URL such as https://example.org/sitemap.xml",
            without_login(text)
        ))
    })?;
    Ok(root.url.as_str().to_owned())
}
