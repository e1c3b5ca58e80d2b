//! `crawld check`: is a configuration right, and what does it mean?

use std::io::Write;

use super::effective;
use super::error::CommandError;
use super::one_off;
use super::options::Global;
use super::text::counted;
use crate::config;

/// Options of `crawld check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print what is meant: every value decided, secrets masked
    #[arg(long)]
    effective: bool,
}

/// Says that the configuration is right, or all that is wrong with it.
///
/// # Errors
/// 2 without a file, 78 with every fault.
pub(super) fn run(args: &Args, global: &Global, out: &mut dyn Write) -> Result<u8, CommandError> {
    let path = global.config().ok_or_else(|| CommandError::usage("give --config FILE"))?;
    let mut settings = config::load(Some(path), &global.overrides())?;
    settings.job.proxy = one_off::proxies(&settings.proxies)?;
    for job in &mut settings.jobs {
        job.spec.proxy = one_off::proxies(&job.proxies)?;
    }
    if args.effective {
        effective::print(&settings, out)?;
        return Ok(0);
    }
    let names: Vec<&str> = settings.jobs.iter().map(|job| job.name.as_str()).collect();
    let jobs = counted(i64::try_from(names.len()).unwrap_or(i64::MAX), "job");
    let list = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    writeln!(out, "{}: valid, {jobs}{list}", path.display())?;
    Ok(0)
}
