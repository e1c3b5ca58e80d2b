//! `crawld fetch`: a list of URLs.

use std::path::Path;

use super::error::CommandError;
use super::one_off::{self, OneOff};
use super::options::Shared;
use super::report::Report;
use super::text::without_login;
use crate::config::{Override, Settings, Value};
use crate::domain::job::{FetchSpec, Root};
use crate::domain::list::Column;
use crate::domain::outcome::UrlState;
use crate::domain::role::Role;
use crate::named_file;
use crate::order::{self, Order};
use crate::store::{PageRecord, Store, StoreError};

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
        let mut overrides =
            vec![Override { key: "job.kind", value: Value::Text("fetch".to_owned()) }];
        for (key, list) in [("job.files", &self.files), ("job.sitemap", &self.sitemap)] {
            if !list.is_empty() {
                overrides.push(Override { key, value: Value::List(list.clone()) });
            }
        }
        let column = self.column.clone().map(Value::Text);
        overrides.extend(column.map(|value| Override { key: "job.column", value }));
        if self.check {
            overrides.push(Override { key: "job.check", value: Value::Flag(true) });
        }
        overrides
    }

    /// Its name is the stem of the first file.
    fn order(&self, settings: &Settings) -> Result<Order, CommandError> {
        // Found out before anything is asked.
        let refuse = |file: &str, why: &str| {
            CommandError::usage(format!("{file}: {why}; give a file with one URL a line"))
        };
        for file in &self.files {
            if named_file::is_of_store(Path::new(file), settings.database_url()) {
                return Err(refuse(file, named_file::OF_THE_STORE));
            }
            order::readable(file).map_err(|why| refuse(file, &why))?;
        }
        let column = settings.job.fetch.as_ref().and_then(FetchSpec::column);
        for file in &self.files {
            let lacks = column.as_ref().and_then(|column| order::lacks_column(file, column));
            if let Some(why) = lacks {
                return Err(CommandError::usage(format!("{file}: {why}")));
            }
        }
        let name = format!("fetch-{}", self.stem());
        one_off::order(&self.shared, name, settings.job.clone())
    }

    fn without_result(&self, store: &Store, sum: &Report) -> CommandError {
        let failed = |message| CommandError { exit: 1, message };
        if sum.known() > 0 {
            return failed("no URL of the list gave a page; the report says why".to_owned());
        }
        let sitemaps = self.sitemap.iter().map(|url| without_entries(store, sum, url));
        match sitemaps.collect::<Result<Vec<String>, StoreError>>() {
            Err(error) => error.into(),
            Ok(sitemaps) if sitemaps.is_empty() => CommandError::usage(
                "the list holds no URL: give one a line, such as https://example.org/, or with \
                 --column a table",
            ),
            Ok(sitemaps) => failed(format!("there is no URL to ask: {}", sitemaps.join("; "))),
        }
    }
}

/// What became of a sitemap that gave nothing.
fn without_entries(store: &Store, sum: &Report, text: &str) -> Result<String, StoreError> {
    let Ok(Root { url, .. }) = Root::parse(text) else {
        return Ok(format!("the sitemap {} is no URL", without_login(text)));
    };
    let row = store.page(sum.id(), url.host_key(), Role::Sitemap.key(&url))?;
    let reason = |row: &PageRecord| row.reason.clone().unwrap_or_default();
    let what = match row {
        Some(row) if row.state == UrlState::Failed => match row.status {
            Some(status @ 400..) => format!("answered {status}"),
            _ => format!("failed ({})", reason(&row)),
        },
        Some(row) if row.state == UrlState::Excluded => {
            format!("was not asked ({})", reason(&row))
        }
        _ => "lists no page".to_owned(),
    };
    Ok(format!("the sitemap {url} {what}"))
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
