//! What a job is, by the keys of its section.

use serde_json::Value as Json;

use super::written::{json, list, quoted, size, span, table, texts};
use super::{MASK, Sheet, masked};
use crate::config::{ConfiguredJob, PERSISTENCE_MS, ProxyKeys};
use crate::domain::credentials::{Login, names_a_secret};
use crate::domain::job::{JobSpec, ScrapeSpec};
use crate::domain::proxy::Proxy;
use crate::domain::schedule::Schedule;
use crate::domain::secret::Secret;

/// The keys of `[politeness]`.
pub(super) fn politeness(spec: &JobSpec, sheet: &mut Sheet<'_>) {
    sheet.put("delay", span(spec.delay_ms));
    sheet.put("per_host", spec.per_host.to_string());
    sheet.put("latency_factor", spec.latency_factor.to_string());
    sheet.put("robots", spec.robots.to_string());
    if let Some(agent) = &spec.robots_agent {
        sheet.put_text("robots_agent", agent);
    }
    sheet.put("max_tries", spec.max_tries.to_string());
    sheet.put("max_crawl_delay", span(spec.max_crawl_delay_ms));
    sheet.put("max_retry_after", span(spec.max_retry_after_ms));
    sheet.put("host_patience", span(spec.host_patience_ms));
    sheet.put("host_persistence", span(spec.host_persistence_ms.unwrap_or(PERSISTENCE_MS)));
}

/// The keys of `[http]` that a job may have of its own.
pub(super) fn manners(spec: &JobSpec, proxies: &ProxyKeys, sheet: &mut Sheet<'_>) {
    sheet.put_text("user_agent", &spec.user_agent);
    let open = spec.headers.iter().map(|(name, value)| (name.clone(), quoted(value)));
    let secret = spec.secrets.headers.iter().map(|(name, _)| (name.clone(), quoted(MASK)));
    let hidden = spec.secrets.headers.iter().map(|(_, value)| value.clone()).collect();
    sheet.put_secret("headers", table(open.chain(secret)), hidden);
    sheet.put("connect_timeout", span(spec.connect_timeout_ms));
    sheet.put("tls_timeout", span(spec.tls_timeout_ms));
    sheet.put("head_timeout", span(spec.head_timeout_ms));
    sheet.put("idle_timeout", span(spec.idle_timeout_ms));
    sheet.put("total_timeout", span(spec.total_timeout_ms));
    sheet.put("max_body", size(spec.max_body));
    sheet.put("max_redirects", spec.max_redirects.to_string());
    sheet.put("max_links_per_page", spec.max_links_per_page.to_string());
    sheet.put("allow_private", spec.allow_private.to_string());
    sheet.put("cookies", spec.cookies.to_string());
    if let Some(folder) = &spec.warc {
        sheet.put_text("warc", folder);
    }
    sheet.put("warc_size", size(spec.warc_size));
    if let Some(proxy) = &proxies.proxy {
        put_proxy("proxy", proxy.as_ref(), sheet);
    }
    if let Some(except) = &proxies.no_proxy {
        sheet.put("no_proxy", texts(except.entries().to_vec()));
    }
}

/// A proxy, its login masked; none is an empty text.
pub(super) fn put_proxy(key: &str, proxy: Option<&Proxy>, sheet: &mut Sheet<'_>) {
    let shown = proxy.map(ToString::to_string).unwrap_or_default();
    let login = proxy.and_then(Proxy::credentials);
    let hidden = login.map(|login| Secret::new(format!("{}:{}", login.user, login.password)));
    sheet.put_secret(key, quoted(&shown), hidden.into_iter().collect());
}

/// Every key of `[jobs.NAME]`.
pub(super) fn job(job: &ConfiguredJob, sheet: &mut Sheet<'_>) {
    let spec = &job.spec;
    sheet.put_text("kind", &spec.kind);
    own(spec, sheet);
    common(spec, sheet);
    politeness(spec, sheet);
    manners(spec, &job.proxies, sheet);
    match &job.schedule {
        Some(Schedule::Every(ms)) => sheet.put("schedule", span(*ms)),
        Some(Schedule::Cron(cron)) => sheet.put_text("schedule", &cron.to_string()),
        None => {}
    }
}

/// The limits of a job, and what it may ask.
fn common(spec: &JobSpec, sheet: &mut Sheet<'_>) {
    sheet.put("priority", spec.priority.to_string());
    sheet.put_text("scope", &spec.scope);
    sheet.put("include", texts(spec.include.clone()));
    sheet.put("exclude", texts(spec.exclude.clone()));
    let limits = [
        ("max_depth", spec.max_depth.map(i64::from)),
        ("max_pages", spec.max_pages),
        ("max_pages_per_host", spec.max_pages_per_host),
        ("max_hosts", spec.max_hosts.map(|n| i64::try_from(n).unwrap_or(i64::MAX))),
        ("max_per_template", spec.max_per_template),
    ];
    for (key, limit) in limits {
        if let Some(limit) = limit {
            sheet.put(key, limit.to_string());
        }
    }
    if let Some(bytes) = spec.max_bytes {
        sheet.put("max_bytes", size(bytes));
    }
    if let Some(ms) = spec.max_time_ms {
        sheet.put("max_time", span(ms));
    }
    sheet.put_text("links", if spec.all_links { "all" } else { "first" });
    let insecure = spec.hosts.iter().filter(|(_, rules)| rules.insecure);
    sheet.put("insecure", texts(insecure.map(|(name, _)| name.clone())));
}

/// What is its kind's own.
fn own(spec: &JobSpec, sheet: &mut Sheet<'_>) {
    let logins = spec.secrets.origins.iter().map(|(origin, login)| {
        let login = match login {
            Login::Basic(user, password) => format!("{user}:{}", password.reveal()),
            Login::Bearer(token) => token.reveal().to_owned(),
        };
        Secret::new(format!("{origin} {login}"))
    });
    let logins: Vec<Secret> = logins.collect();
    let mut hidden = logins;
    let mut roots = spec.roots.clone();
    for root in &mut roots {
        hide_in_url(root, &mut hidden);
    }
    let roots = texts(roots);
    match spec.kind.as_str() {
        "crawl" => {
            sheet.put_secret("roots", roots, hidden);
            sheet.put("assets", spec.assets.to_string());
            sheet.put("sitemaps", spec.sitemaps.to_string());
        }
        "scrape" => {
            sheet.put_secret("start", roots, hidden);
            if let Some(own) = &spec.scrape {
                scrape(own, sheet);
            }
        }
        "suggest" => {
            let mut own = serde_json::to_value(&spec.suggest).unwrap_or_default();
            if let Some(request) = own.get_mut("request") {
                hide(request, &mut hidden);
            }
            let (request, more): (Vec<_>, Vec<_>) =
                of_object(&own).into_iter().partition(|(key, _)| key == "request");
            for (key, shown) in request {
                sheet.put_secret(&key, shown, hidden.clone());
            }
            for (key, shown) in more {
                sheet.put(&key, shown);
            }
        }
        _ => {
            let mut own = serde_json::to_value(&spec.fetch).unwrap_or_default();
            for (key, value) in own.as_object_mut().into_iter().flatten() {
                let mut hidden = Vec::new();
                for item in value.as_array_mut().into_iter().flatten() {
                    if let Json::String(url) = item {
                        hide_in_url(url, &mut hidden);
                    }
                }
                if is_given(value) {
                    let key = if key == "sitemaps" { "sitemap" } else { key };
                    sheet.put_secret(key, json(value), hidden);
                }
            }
        }
    }
}

fn scrape(own: &ScrapeSpec, sheet: &mut Sheet<'_>) {
    for (key, shown) in of_object(&serde_json::to_value(&own.items).unwrap_or_default()) {
        sheet.put(&key, shown);
    }
    if let Some(page_url) = &own.page_url {
        let (mut template, mut hidden) = (page_url.template.clone(), Vec::new());
        hide_in_url(&mut template, &mut hidden);
        sheet.put_secret("page_url", quoted(&template), hidden);
        sheet.put("first_page", page_url.first_page.to_string());
        sheet.put("page_step", page_url.page_step.to_string());
        sheet.put("first_offset", page_url.first_offset.to_string());
        if let Some(step) = page_url.offset_step {
            sheet.put("offset_step", step.to_string());
        }
    }
    if let Some((least, most)) = own.pause_ms {
        sheet.put("pause", list([span(least), span(most)]));
    }
}

/// Masks what a request carries under the name of a secret: in its form, its parameters, its JSON, and
/// in the query of its URL.
fn hide(value: &mut Json, hidden: &mut Vec<Secret>) {
    match value {
        Json::Object(keys) => {
            for (key, value) in keys {
                match value {
                    Json::String(text) if names_a_secret(key) => conceal(text, MASK, hidden),
                    Json::String(text) if key == "url" => hide_in_url(text, hidden),
                    _ => hide(value, hidden),
                }
            }
        }
        // Forms and parameters are lists of pairs.
        Json::Array(items) => match items.as_mut_slice() {
            [Json::String(name), Json::String(text)] if names_a_secret(name) => {
                conceal(text, MASK, hidden);
            }
            items => items.iter_mut().for_each(|item| hide(item, hidden)),
        },
        _ => {}
    }
}

fn hide_in_url(url: &mut String, hidden: &mut Vec<Secret>) {
    let shown = masked(url);
    conceal(url, &shown, hidden);
}

fn conceal(text: &mut String, shown: &str, hidden: &mut Vec<Secret>) {
    if text != shown {
        hidden.push(Secret::new(std::mem::replace(text, shown.to_owned())));
    }
}

/// The keys that have a value.
fn of_object(value: &Json) -> Vec<(String, String)> {
    let each = value.as_object().into_iter().flatten();
    let given = each.filter(|(_, value)| is_given(value));
    given.map(|(key, value)| (key.clone(), json(value))).collect()
}

fn is_given(value: &Json) -> bool {
    !value.is_null() && value.as_array() != Some(&Vec::new())
}
