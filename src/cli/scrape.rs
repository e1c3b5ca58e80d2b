//! `crawld scrape`: the items of paginated listings.

mod field;

use self::field::{Field, Pause, Source};
use super::error::CommandError;
use super::one_off::{self, OneOff};
use super::options::Shared;
use crate::config::{Override, Settings, Value};
use crate::domain::items::{FieldSpec, ItemsSpec};
use crate::domain::job::{JobSpec, ScrapeSpec};
use crate::domain::page_url::PageUrlSpec;
use crate::order::Order;

/// Options of `crawld scrape`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The first page of each listing; not needed with a --page-template that is a whole URL
    #[arg(value_name = "URL")]
    starts: Vec<String>,
    /// What one item is: a CSS selector, for --source json a JSON path such as $.offers[*]
    #[arg(long, value_name = "CSS")]
    item: Option<String>,
    /// A field of each item: NAME=CSS, NAME=CSS@ATTRIBUTE; NAME:number=..., and also price, integer,
    /// date, url, html, exists say how it is read; NAME[]=... takes all that is found
    #[arg(long = "field", value_name = "NAME=CSS[@ATTR]")]
    fields: Vec<Field>,
    /// Leave out items without this field, which may be one of their own pages
    #[arg(long, value_name = "NAME")]
    required: Vec<String>,
    /// Items with the same value here are one; without it those that are the same in all fields
    #[arg(long, value_name = "NAME")]
    key: Vec<String>,
    /// Where the link to the next page is
    #[arg(long, value_name = "CSS[@ATTR]", conflicts_with = "page_template")]
    next: Option<String>,
    /// The URLs of pages: {page} counts from 1; {start} is the first page's URL; a reference such as
    /// "?page={page}" is relative to that
    #[arg(long, value_name = "URL")]
    page_template: Option<String>,
    /// With --page-template: what a page holds that has a next one
    #[arg(long, value_name = "CSS")]
    more: Option<String>,
    /// What {page} is on the first page [default: 1]
    #[arg(long, value_name = "N", requires = "page_template", allow_negative_numbers = true)]
    first_page: Option<i64>,
    /// By how much {page} grows [default: 1]
    #[arg(long, value_name = "N", requires = "page_template", allow_negative_numbers = true)]
    page_step: Option<i64>,
    /// By how much {offset} grows: the items of a page
    #[arg(long, value_name = "N", requires = "page_template")]
    offset_step: Option<i64>,
    /// A random rest between two requests to a host
    #[arg(long, value_name = "MIN..MAX")]
    pause: Option<Pause>,
    /// The field that holds the URL of an item's own page
    #[arg(long, value_name = "NAME", requires = "detail_fields")]
    detail: Option<String>,
    /// A field that is taken from that page, written as --field is
    #[arg(long = "detail-field", value_name = "NAME=CSS[@ATTR]", requires = "detail")]
    detail_fields: Vec<Field>,
    /// What items are read from: css, json, json-ld:TYPE, microdata:TYPE [default: css]
    #[arg(long, value_name = "SOURCE")]
    source: Option<Source>,
    /// Take so many items of a page at most, the first ones
    #[arg(long, value_name = "N")]
    max_items: Option<usize>,
    /// How numbers and dates are written: en, de-CH, sr
    #[arg(long, value_name = "LANGUAGE")]
    locale: Option<String>,
    #[command(flatten)]
    shared: Shared,
}

impl Args {
    fn spec(&self) -> Result<ScrapeSpec, CommandError> {
        let source = self.source.clone().unwrap_or_default();
        let mut fields: Vec<FieldSpec> =
            self.fields.iter().map(|field| field.spec(&source)).collect();
        let mut detail_fields: Vec<FieldSpec> =
            self.detail_fields.iter().map(|field| field.spec(&source)).collect();
        for name in &self.required {
            let mut all = fields.iter_mut().chain(&mut detail_fields);
            let Some(field) = all.find(|field| field.name == *name) else {
                let message = format!("--required {name}: there is no --field of this name");
                return Err(CommandError::usage(message));
            };
            field.required = true;
        }
        Ok(ScrapeSpec {
            page_url: self.page_template.as_deref().map(|template| self.template(template)),
            pause_ms: self.pause.map(|Pause(least, most)| (least, most)),
            items: ItemsSpec {
                detail_fields,
                fields,
                item: self.item.clone(),
                key: self.key.clone(),
                detail: self.detail.clone(),
                next: self.next.clone(),
                more: self.more.clone(),
                locale: self.locale.clone(),
                max_items: self.max_items,
                kind: source.kind,
                source: source.name,
            },
        })
    }

    fn template(&self, template: &str) -> PageUrlSpec {
        let usual = PageUrlSpec::new(template);
        PageUrlSpec {
            first_page: self.first_page.unwrap_or(usual.first_page),
            page_step: self.page_step.unwrap_or(usual.page_step),
            offset_step: self.offset_step,
            ..usual
        }
    }
}

impl OneOff for Args {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn overrides(&self) -> Vec<Override> {
        vec![Override { key: "job.roots", value: Value::List(self.starts.clone()) }]
    }

    /// Its name is that of the first listing's host.
    fn order(&self, settings: &Settings) -> Result<Order, CommandError> {
        let scrape = self.spec()?;
        let first = scrape.page_url.as_ref().and_then(|template| template.url(None, 1));
        let (roots, spec) = one_off::roots(&self.starts, settings.job.clone())?;
        let first = roots.into_iter().next().map(|root| root.url).or(first);
        let Some(first) = first else {
            let message = "give the URL of a first page, or --page-template with a whole URL";
            return Err(CommandError::usage(message));
        };
        let name = format!("scrape-{}", first.host());
        let spec = JobSpec { kind: "scrape".to_owned(), scrape: Some(scrape), ..spec };
        one_off::order(&self.shared, name, spec)
    }
}
