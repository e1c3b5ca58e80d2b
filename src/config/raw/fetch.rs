//! The keys of kind `fetch`.

use std::path::Path;

use serde::Deserialize;

use super::faults::Faults;
use super::kinds::Kind;
use crate::domain::job::{FetchSpec, JobSpec, Root};
use crate::domain::list::{Column, ListReader};
use crate::named_file;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fetch {
    file: Option<String>,
    files: Vec<String>,
    urls: Vec<String>,
    sitemap: Vec<String>,
    column: Option<String>,
    check: bool,
}

impl Kind for Fetch {
    const NAME: &'static str = "fetch";

    fn apply(self, job: &mut JobSpec, faults: &mut Faults) {
        // A list is asked as it stands, and all that its pages link is recorded.
        "any".clone_into(&mut job.scope);
        job.all_links = true;
        if let Some(Err(error)) = self.column.as_deref().map(str::parse::<Column>) {
            faults.push("column", error);
        }
        check_urls(&self.urls, faults);
        let mut sitemaps = Vec::new();
        for text in &self.sitemap {
            match Root::parse(text) {
                Ok(root) => sitemaps.push(root.url.as_str().to_owned()),
                Err(error) => {
                    faults.push("sitemap", error);
                    // It is not missing.
                    sitemaps.push(text.clone());
                }
            }
        }
        let files = self.file.into_iter().map(|file| ("file".to_owned(), file));
        let more = self.files.into_iter().enumerate();
        let files = files.chain(more.map(|(at, file)| (format!("files[{at}]"), file)));
        job.fetch = Some(FetchSpec {
            urls: self.urls,
            files: files.filter_map(|(key, file)| full_name(&key, file, faults)).collect(),
            sitemaps,
            column: self.column,
            check: self.check,
        });
    }
}

/// A list that is the store is none, and is not opened. `one_file`: the first one stands under `file`.
pub(super) fn refuse_store(job: &JobSpec, one_file: bool, database: &str, faults: &mut Faults) {
    let files = job.fetch.iter().flat_map(|list| &list.files);
    for (at, file) in files.enumerate() {
        if !named_file::is_of_store(Path::new(file), database) {
            continue;
        }
        let key = match at.checked_sub(usize::from(one_file)) {
            Some(at) => format!("files[{at}]"),
            None => "file".to_owned(),
        };
        let why = named_file::OF_THE_STORE;
        faults.push(&key, format_args!("{file}: {why}; name a file with one URL a line"));
    }
}

/// URLs given one by one are checked at once, as the lines of a list are when it is read.
fn check_urls(urls: &[String], faults: &mut Faults) {
    let mut reader = ListReader::new(None);
    let mut tell = |entry: crate::domain::list::Entry| {
        if let Err(why) = entry.url {
            faults.push("urls", why);
        }
    };
    reader.feed(urls.join("\n").as_bytes(), &mut tell);
    reader.finish(&mut tell);
}

/// The same file from whatever folder the job goes on. One that is not there may come later.
fn full_name(key: &str, file: String, faults: &mut Faults) -> Option<String> {
    if file == "-" {
        return Some(file);
    }
    let path = std::path::absolute(&file)
        .map_err(|error| faults.push(key, format_args!("{file:?}: {error}; name a file")));
    if let Ok(path) = &path
        && let Err(error) = std::fs::metadata(path)
    {
        let shown = path.display();
        faults.doubts.push(format!("{key}: {shown}: {error}; nothing is asked until it is there"));
    }
    path.ok()?.to_str().map(str::to_owned)
}
