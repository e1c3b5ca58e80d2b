//! The request that a job makes of a URL.

use crate::domain::job::Job;
use crate::domain::url::CanonicalUrl;
use crate::frontier::validators::Validators;
use crate::http::{Limits, Request};

/// What is sent for `url` in the job's name.
pub(super) fn request(job: &Job, url: CanonicalUrl, keep_alive: bool, max_body: u64) -> Request {
    let http = &job.http;
    let insecure = job.is_insecure(url.authority());
    let proxy = job.proxy(&url).cloned();
    let allow_private = job.may_be_private(url.authority());
    let secrets = http.credentials.of(&url);
    Request {
        url,
        headers: http.headers.clone(),
        secrets,
        limits: Limits {
            connect: http.connect,
            tls: http.tls,
            head: http.head,
            idle: http.idle,
            total: http.total,
            max_body,
        },
        keep_alive,
        allow_private,
        insecure,
        proxy,
    }
}

/// Has the request ask whether the page is still of this version.
pub(super) fn ask_for_changes(request: &mut Request, validators: &Validators) {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    request.headers.extend(validators.headers().map(owned));
}
