//! The request that a job makes of a URL.

use std::sync::Arc;

use crate::domain::harvest::Filled;
use crate::domain::job::Job;
use crate::domain::request::Method;
use crate::domain::secret::Secret;
use crate::domain::task::Task;
use crate::domain::url::CanonicalUrl;
use crate::frontier::record::QueuedUrl;
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
        method: Method::Get,
        payload: None,
        url,
        headers: Arc::clone(&http.headers),
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
        capture: false,
        insecure,
        proxy,
    }
}

/// What is sent for a row, by its URL: the query that it stands for, or just that.
pub(super) fn request_of(
    job: &Job,
    row: &QueuedUrl,
    url: CanonicalUrl,
    keep_alive: bool,
) -> Request {
    let max_body = job.http.max_body;
    let (Some(harvest), Some(query)) = (job.harvest(), &row.query) else {
        let request = request(job, url, keep_alive, max_body);
        let method = if row.task == Task::Check { Method::Head } else { Method::Get };
        return Request { method, ..request };
    };
    request_as(job, harvest.template.fill_at(url, query), keep_alive)
}

/// What is sent for a query.
pub(super) fn request_as(job: &Job, filled: Filled, keep_alive: bool) -> Request {
    let Filled { url, method, headers, payload } = filled;
    let mut request = request(job, url, keep_alive, job.http.max_body);
    for (name, value) in headers {
        let all = Arc::make_mut(&mut request.headers);
        all.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        all.push((name, value));
    }
    Request { method, payload, ..request }
}

/// Has the request ask whether the page is still of this version.
pub(super) fn ask_for_changes(request: &mut Request, validators: &Validators) {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Arc::make_mut(&mut request.headers).extend(validators.headers().map(owned));
}

/// Adds the cookies of the job's jar: those that the operator gave go before them in one header.
pub(super) fn add_cookies(request: &mut Request, jar: &Secret) {
    let secrets = &mut request.secrets;
    match secrets.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("Cookie")) {
        Some((_, given)) => {
            *given = Secret::new(format!("{}; {}", given.reveal(), jar.reveal()));
        }
        None => secrets.push(("Cookie".to_owned(), jar.clone())),
    }
}
