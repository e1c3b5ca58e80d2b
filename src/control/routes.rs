//! What is asked of the control interface, and of whom.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, AUTHORIZATION, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError, dev, guard, middleware};
use serde::Deserialize;
use signal_hook::consts::SIGTERM;

use super::answers::{failed, gone, ordered, reloaded};
use super::server::{Awaited, Back};
use crate::daemon::view::HeldView;
use crate::daemon::{
    Configured, Ending, Forget, Held, JobStates, Judge, Look, OrderJob, Ready, Reload, RetryJob,
    SetLog, Token, What,
};
use crate::domain::HostKey;
use crate::domain::job::JobSpec;
use crate::domain::url::CanonicalUrl;
use crate::metrics::CONTENT_TYPE;
use crate::store::{Retry, Store};

/// What a client must show; nothing on the unix socket, which its permissions guard.
pub(super) struct Guard(pub(super) Option<Token>);

/// What `retry` is told.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Selectors {
    status: Vec<String>,
    host: Option<String>,
    reason: Option<String>,
    since: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Wish {
    url: String,
    job: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ReportWish {
    job: Option<String>,
    json: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct StatusWish {
    jobs: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct LogWish {
    filter: String,
}

/// Longest request body that is read, in bytes.
const LONGEST: usize = 64 * 1024;
/// The same where all jobs are told, which may give a list of URLs each.
const LONGEST_JOBS: usize = 64 * 1024 * 1024;

pub(super) fn routes(app: &mut ServiceConfig) {
    let json = |longest: usize| {
        web::JsonConfig::default()
            .limit(longest)
            .content_type_required(false)
            .error_handler(|error, _| answer_error(&error, error.status_code()))
    };
    let query = web::QueryConfig::default()
        .error_handler(|error, _| answer_error(&error, StatusCode::BAD_REQUEST));
    app.app_data(json(LONGEST))
        .app_data(query)
        .service(at("/healthz", "GET, HEAD", look().to(|| async { "ok\n" })))
        .service(
            web::scope("")
                .wrap(from_fn(guarded))
                .service(at("/readyz", "GET, HEAD", look().to(ready)))
                .service(at("/metrics", "GET, HEAD", look().to(metrics)))
                .service(at("/v1/status", "GET, HEAD", look().to(status)))
                .service(at("/v1/jobs", "GET, HEAD", look().to(jobs)))
                .service(
                    at("/v1/jobs/{job}", "GET, HEAD, DELETE", look().to(job))
                        .route(web::delete().to(forget)),
                )
                .service(at("/v1/jobs/{job}/retry", "POST", web::post().to(retry)))
                .service(at("/v1/jobs/{job}/{what}", "POST", web::post().to(order)))
                .service(at("/v1/hosts/{host}", "GET, HEAD", look().to(host)))
                .service(at("/v1/explain", "GET, HEAD", look().to(explain)))
                .service(at("/v1/report", "GET, HEAD", look().to(report)))
                .service(at("/v1/config", "GET, HEAD", look().to(config)))
                .service(
                    at("/v1/judge", "POST", web::post().to(judge)).app_data(json(LONGEST_JOBS)),
                )
                .service(at("/v1/reload", "POST", web::post().to(reload)))
                .service(at("/v1/log", "PUT", web::put().to(log)))
                .service(at("/v1/shutdown", "POST", web::post().to(shutdown)))
                .default_service(web::to(nothing)),
        );
}

/// What is answered while the daemon waits for what it cannot begin without.
pub(super) fn early(app: &mut ServiceConfig) {
    app.service(at("/healthz", "GET, HEAD", look().to(|| async { "ok\n" })))
        .service(web::scope("").wrap(from_fn(guarded)).default_service(web::to(too_early)));
}

async fn too_early(awaited: Data<Awaited>, request: HttpRequest) -> HttpResponse {
    let mend = match request.path() {
        "/v1/reload" => "; SIGHUP has it read its configuration again meanwhile",
        _ => "",
    };
    failed(StatusCode::SERVICE_UNAVAILABLE, format!("the daemon is {}{mend}", awaited.words()))
}

/// By GET, or by HEAD, which is answered alike but for the body (RFC 9110, 9.3.2).
fn look() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// What is asked for in this place; by another method than these it is not (RFC 9110, 15.5.6).
fn at(path: &str, methods: &'static str, route: actix_web::Route) -> actix_web::Resource {
    web::resource(path).route(route).default_service(web::to(move || async move {
        let mut refused =
            failed(StatusCode::METHOD_NOT_ALLOWED, format!("only this can be done: {methods}"));
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
        refused
    }))
}

fn answer_error(error: &dyn std::fmt::Display, status: StatusCode) -> actix_web::Error {
    let words = error.to_string();
    actix_web::error::InternalError::from_response(words.clone(), failed(status, words)).into()
}

/// Lets in whoever shows the token, where one is wanted.
async fn guarded(
    request: dev::ServiceRequest,
    next: middleware::Next<impl actix_web::body::MessageBody + 'static>,
) -> Result<dev::ServiceResponse<impl actix_web::body::MessageBody>, actix_web::Error> {
    let wanted = request.app_data::<Data<Guard>>().and_then(|guard| guard.0.clone());
    let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    // The scheme is the same in any case (RFC 9110, 11.1).
    let shown = shown.and_then(|value| value.split_once(' '));
    let shown = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let shown = shown.map(|(_, token)| token);
    let known = wanted.is_none_or(|token| shown.is_some_and(|shown| token.is(shown)));
    if known {
        next.call(request).await.map(dev::ServiceResponse::map_into_left_body)
    } else {
        let refused = failed(StatusCode::UNAUTHORIZED, "show the token: Authorization: Bearer ...");
        Ok(request.into_response(refused).map_into_right_body())
    }
}

async fn nothing(request: HttpRequest) -> HttpResponse {
    failed(StatusCode::NOT_FOUND, format!("{} {} is nothing", request.method(), request.path()))
}

async fn ready(back: Data<Back>) -> HttpResponse {
    match back.daemon.send(Ready).await {
        Ok(Ok(())) => HttpResponse::Ok().body("ready\n"),
        Ok(Err(why)) => failed(StatusCode::SERVICE_UNAVAILABLE, why),
        Err(_) => gone(),
    }
}

async fn metrics(back: Data<Back>) -> HttpResponse {
    let Ok(jobs) = back.daemon.send(JobStates).await else { return gone() };
    match web::block(move || back.metrics.text(&back.reader, &jobs, &back.clock)).await {
        Ok(text) => HttpResponse::Ok().content_type(CONTENT_TYPE).body(text),
        Err(_) => gone(),
    }
}

async fn status(back: Data<Back>, wish: Query<StatusWish>) -> HttpResponse {
    match back.daemon.send(Look { jobs: wish.jobs.unwrap_or(true) }).await {
        Ok(seen) => HttpResponse::Ok().json(seen),
        Err(_) => gone(),
    }
}

async fn jobs(back: Data<Back>) -> HttpResponse {
    match back.daemon.send(Look { jobs: true }).await {
        Ok(seen) => HttpResponse::Ok().json(seen.jobs),
        Err(_) => gone(),
    }
}

async fn job(back: Data<Back>, name: Path<String>) -> HttpResponse {
    let Ok(seen) = back.daemon.send(Look { jobs: true }).await else { return gone() };
    match seen.jobs.into_iter().find(|job| job.job == *name) {
        Some(job) => HttpResponse::Ok().json(job),
        None => failed(StatusCode::NOT_FOUND, format!("there is no job '{name}'")),
    }
}

async fn order(back: Data<Back>, path: Path<(String, String)>) -> HttpResponse {
    let (job, what) = path.into_inner();
    let what = match what.as_str() {
        "pause" => What::Pause,
        "resume" => What::Resume,
        "stop" => What::Stop,
        "start" => What::Start,
        other => {
            let words = format!("'{other}' is nothing to do: pause, resume, stop, start or retry");
            return failed(StatusCode::NOT_FOUND, words);
        }
    };
    back.daemon.send(OrderJob { job, what }).await.map_or_else(|_| gone(), ordered)
}

async fn retry(
    back: Data<Back>,
    job: Path<String>,
    wish: Result<web::Bytes, actix_web::Error>,
) -> HttpResponse {
    let wish = match wish {
        Ok(wish) => wish,
        Err(error) => {
            return failed(error.as_response_error().status_code(), error.to_string());
        }
    };
    let wish = match &*wish {
        [] => Ok(Selectors::default()),
        text => serde_json::from_slice(text),
    };
    let Selectors { status, host, reason, since } = match wish {
        Ok(wish) => wish,
        Err(error) => return failed(StatusCode::BAD_REQUEST, error.to_string()),
    };
    let which = Retry::read(&status, host.as_deref(), reason.as_deref(), since);
    let which = match which {
        Ok(which) => which,
        Err(words) => return failed(StatusCode::UNPROCESSABLE_ENTITY, words),
    };
    let order = RetryJob { job: job.into_inner(), which };
    back.daemon.send(order).await.map_or_else(|_| gone(), ordered)
}

async fn forget(back: Data<Back>, job: Path<String>) -> HttpResponse {
    let order = Forget { job: job.into_inner() };
    back.daemon.send(order).await.map_or_else(|_| gone(), ordered)
}

async fn told(
    work: impl FnOnce(&Store) -> Result<String, String> + Send + 'static,
    back: &Back,
) -> HttpResponse {
    let reader = Arc::clone(&back.reader);
    match web::block(move || work(&reader)).await {
        Ok(Ok(text)) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text),
        Ok(Err(words)) => failed(StatusCode::NOT_FOUND, words),
        Err(_) => gone(),
    }
}

async fn host(back: Data<Back>, host: Path<String>) -> HttpResponse {
    let Ok(url) = CanonicalUrl::of_host(&host) else {
        let words = format!("'{host}' is no host; write example.org or example.org:8080");
        return failed(StatusCode::NOT_FOUND, words);
    };
    let (view, held) = (back.views.host, held(&back, url.host_key()).await);
    told(move |store| view(store, &url, held.as_ref()), &back).await
}

async fn explain(back: Data<Back>, wish: Query<Wish>) -> HttpResponse {
    let held = match CanonicalUrl::parse(&wish.url) {
        Ok(url) => held(&back, url.host_key()).await,
        // The view says what is wrong with it.
        Err(_) => None,
    };
    let view = back.views.explain;
    told(move |store| view(store, wish.job.as_deref(), &wish.url, held.as_ref()), &back).await
}

/// What a host waits for at present: the store does not know all of it.
async fn held(back: &Back, host: HostKey) -> Option<HeldView> {
    back.daemon.send(Held(host)).await.ok().flatten()
}

async fn report(back: Data<Back>, wish: Query<ReportWish>) -> HttpResponse {
    let view = back.views.report;
    let json = wish.json.unwrap_or(false);
    told(move |store| view(store, wish.job.as_deref(), json), &back).await
}

async fn config(back: Data<Back>) -> HttpResponse {
    match back.daemon.send(Configured).await {
        Ok(text) => HttpResponse::Ok().content_type("application/toml").body(text),
        Err(_) => gone(),
    }
}

async fn reload(back: Data<Back>) -> HttpResponse {
    back.daemon
        .send(Reload { unheard: false })
        .await
        .map_or_else(|_| gone(), |outcome| reloaded(&outcome))
}

async fn judge(back: Data<Back>, jobs: Json<Vec<(String, JobSpec)>>) -> HttpResponse {
    match back.daemon.send(Judge(jobs.into_inner())).await {
        Ok(Ok(refused)) => HttpResponse::Ok().json(refused),
        Ok(Err(words)) => failed(StatusCode::SERVICE_UNAVAILABLE, words),
        Err(_) => gone(),
    }
}

async fn log(back: Data<Back>, wish: Json<LogWish>) -> HttpResponse {
    let order = SetLog { filter: wish.into_inner().filter };
    back.daemon.send(order).await.map_or_else(|_| gone(), ordered)
}

async fn shutdown(back: Data<Back>) -> HttpResponse {
    back.daemon.do_send(Ending { signal: SIGTERM });
    ordered(Ok("the daemon is ending".to_owned()))
}
