//! `crawld try`: what a job of a configuration would take from one page and follow, so that people
//! can write selectors. Nothing is stored.

mod links;
mod sight;
mod tips;
mod words;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::sight::{Paper, Sight};
use super::error::{CommandError, closed_pipe_is_success};
use super::one_off;
use super::options::Global;
use crate::actors::fetcher::probe::{Probed, Wanted, probe};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::domain::JobId;
use crate::domain::job::{Job, JobSpec, Root};
use crate::domain::url::CanonicalUrl;
use crate::http::ClientOptions;
use crate::http::client::HttpClient;
use crate::named_file;
use crate::run_settings::{decide_proxies, run_settings};

/// Options of `crawld try`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A configuration file
    #[arg(value_name = "CONFIG")]
    file: PathBuf,
    /// One of its jobs
    #[arg(value_name = "JOB")]
    job: String,
    /// A page: it is asked once, as the job would ask it; or a file that holds one; of kind suggest also
    /// the letters of a query, which are put where the job puts them
    #[arg(value_name = "URL|FILE|QUERY")]
    page: String,
    /// Where the file is supposed to come from [default: the job's first URL]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Of kind scrape: the page is an item's own, not one of the listing
    #[arg(long)]
    detail: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Shows it on `out`.
pub(super) fn run(args: &Args, global: &Global, out: &mut dyn Write) -> Result<u8, CommandError> {
    let mut settings = config::load(Some(&args.file), &global.overrides())?;
    decide_proxies(&mut settings)?;
    one_off::start_log(&settings, "crawld=warn");
    let job = Job::new(JobId(0), &args.job, &spec(args, &settings)?)
        .map_err(|error| CommandError { exit: 78, message: error.to_string() })?;
    let paper = match wanted(args, &job)? {
        Some(wanted) => {
            // Whoever names a page means it.
            job.named_hosts.add([wanted.url().host_key()]);
            ask(&job, &settings, wanted)?
        }
        None => read(Path::new(&args.page), file_url(args, &job)?, settings.database_url())?,
    };
    let sight = Sight::of(&job, &paper, args.detail);
    closed_pipe_is_success(show(&sight, args.json, out))
}

fn show(sight: &Sight, json: bool, out: &mut dyn Write) -> Result<u8, CommandError> {
    if json {
        serde_json::to_writer(&mut *out, sight).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        words::print(sight, out)?;
    }
    Ok(u8::from(sight.failed()))
}

/// The job's specification.
fn spec(args: &Args, settings: &Settings) -> Result<JobSpec, CommandError> {
    let Some(configured) = settings.jobs.iter().find(|job| job.name == args.job) else {
        let names: Vec<&str> = settings.jobs.iter().map(|job| job.name.as_str()).collect();
        let message = format!(
            "{} has no job '{}'; it has: {}",
            args.file.display(),
            args.job,
            names.join(", ")
        );
        return Err(CommandError::usage(message));
    };
    Ok(configured.spec.clone())
}

/// What is to be asked; `None`: it is a file.
fn wanted(args: &Args, job: &Job) -> Result<Option<Wanted>, CommandError> {
    let text = &args.page;
    if text.contains("://") {
        return Ok(Some(Wanted::Page(read_url(text)?)));
    }
    let is_file = Path::new(text).exists() && !Path::new(text).is_dir();
    let Some(harvest) = job.harvest().filter(|_| !is_file) else {
        return Ok(None);
    };
    let filled = harvest.template.fill(&harvest.plan.query(text));
    let refuse = |error| CommandError::usage(format!("the query '{text}': {error}"));
    filled.map(|filled| Some(Wanted::Answer(filled))).map_err(refuse)
}

/// The URL that a page in a file has.
fn file_url(args: &Args, job: &Job) -> Result<CanonicalUrl, CommandError> {
    match &args.url {
        Some(text) => read_url(text),
        None => job.roots.first().map(|root| root.url.clone()).ok_or_else(|| {
            CommandError::usage("the job names no URL: say with --url where the file comes from")
        }),
    }
}

fn read_url(text: &str) -> Result<CanonicalUrl, CommandError> {
    let root = Root::parse(text).map_err(|error| CommandError {
        exit: 2,
        message: format!("'{text}': {error}; give a URL such as https://example.org/"),
    })?;
    Ok(root.url)
}

/// A page that lies in a file. What it is, is told by the ending of its name.
fn read(path: &Path, url: CanonicalUrl, database: &str) -> Result<Paper, CommandError> {
    let refuse = |why: &dyn std::fmt::Display| {
        let shown = path.display();
        CommandError::usage(format!("{shown}: {why}; give a URL with https://, or a file"))
    };
    if named_file::is_of_store(path, database) {
        return Err(refuse(&named_file::OF_THE_STORE));
    }
    let body = std::fs::read(path).map_err(|error| refuse(&error))?;
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let content_type = match ending {
        "json" => "application/json",
        "xml" => "application/xml",
        _ => "text/html",
    };
    let headers = vec![("content-type".to_owned(), content_type.to_owned())];
    Ok(Paper { url, status: None, headers, body, trouble: None })
}

fn ask(job: &Job, settings: &Settings, wanted: Wanted) -> Result<Paper, CommandError> {
    let url = wanted.url().clone();
    let options: ClientOptions = run_settings(settings, Duration::ZERO).client;
    one_off::set_up_tls(&options, false)?;
    let probed = actix_rt::System::new().block_on(async {
        let client = HttpClient::new(Clock::start(), &options);
        let client =
            client.map_err(|error| CommandError { exit: 78, message: error.to_string() })?;
        Ok::<_, CommandError>(probe(&client, job, wanted).await)
    })?;
    Ok(match probed {
        Probed::Answer(head, body) => {
            Paper { url, status: Some(head.status), headers: head.headers, body, trouble: None }
        }
        Probed::Forbidden(why) | Probed::Broken(why) => {
            Paper { url, status: None, headers: Vec::new(), body: Vec::new(), trouble: Some(why) }
        }
    })
}
