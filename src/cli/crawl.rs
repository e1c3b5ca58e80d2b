//! `crawld crawl`: a site, recursively, from its roots.

use super::error::CommandError;
use super::one_off::{self, OneOff};
use super::options::Shared;
use crate::config::{Override, Settings, Value};
use crate::order::Order;

/// Options of `crawld crawl`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to begin; without a scheme https is tried, then http
    #[arg(required = true, value_name = "URL")]
    roots: Vec<String>,
    /// Take images as links too
    #[arg(long)]
    assets: bool,
    /// Take the sitemaps that robots.txt names as links [default]
    #[arg(long, overrides_with = "no_sitemaps")]
    sitemaps: bool,
    /// Do not ask for sitemaps
    #[arg(long)]
    no_sitemaps: bool,
    #[command(flatten)]
    shared: Shared,
}

impl OneOff for Args {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn overrides(&self) -> Vec<Override> {
        let mut overrides =
            vec![Override { key: "job.roots", value: Value::List(self.roots.clone()) }];
        if self.assets {
            overrides.push(Override { key: "job.assets", value: Value::Flag(true) });
        }
        if self.sitemaps || self.no_sitemaps {
            overrides.push(Override { key: "job.sitemaps", value: Value::Flag(!self.no_sitemaps) });
        }
        overrides
    }

    /// Its name is the host of the first root.
    fn order(&self, settings: &Settings) -> Result<Order, CommandError> {
        let (roots, spec) = one_off::roots(&self.roots, settings.job.clone())?;
        let host = roots.first().map(|root| root.url.host().to_owned()).unwrap_or_default();
        one_off::order(&self.shared, host, spec)
    }
}
