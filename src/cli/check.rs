//! `crawld check`: is a configuration right, and what does it mean?

use std::io::Write;

use super::error::CommandError;
use super::options::Global;
use super::text::counted;
use crate::config::{self, effective};
use crate::logging;
use crate::run_settings::decide_proxies;

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
    let path = global.daemon_config()?;
    let mut settings = config::look(Some(&path), &global.overrides())?;
    decide_proxies(&mut settings)?;
    for line in &settings.unread {
        logging::complain(&format!("not checked: {line}"))?;
    }
    if args.effective {
        out.write_all(effective::text(&settings).as_bytes())?;
        return Ok(0);
    }
    let names: Vec<&str> = settings.jobs.iter().map(|job| job.name.as_str()).collect();
    let jobs = counted(i64::try_from(names.len()).unwrap_or(i64::MAX), "job");
    let list = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    writeln!(out, "{}: valid, {jobs}{list}", path.display())?;
    Ok(0)
}
