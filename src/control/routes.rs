//! What is asked of the control interface, and of whom.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, dev, middleware};
use serde::Deserialize;
use signal_hook::consts::SIGTERM;

use super::answers::{failed, gone, ordered, reloaded};
use super::server::Back;
use crate::daemon::{
    Configured, Ending, Forget, JobStates, Look, OrderJob, Reload, RetryJob, SetLog, Token, What,
};
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

pub(super) fn routes(app: &mut ServiceConfig) {
    let json = web::JsonConfig::default()
        .content_type_required(false)
        .error_handler(|error, _| answer_error(&error, StatusCode::BAD_REQUEST));
    app.app_data(json).route("/healthz", web::get().to(|| async { "ok\n" })).service(
        web::scope("")
            .wrap(from_fn(guarded))
            .route("/readyz", web::get().to(ready))
            .route("/metrics", web::get().to(metrics))
            .route("/v1/status", web::get().to(status))
            .route("/v1/jobs", web::get().to(jobs))
            .route("/v1/jobs/{job}", web::get().to(job))
            .route("/v1/jobs/{job}", web::delete().to(forget))
            .route("/v1/jobs/{job}/retry", web::post().to(retry))
            .route("/v1/jobs/{job}/{what}", web::post().to(order))
            .route("/v1/hosts/{host}", web::get().to(host))
            .route("/v1/explain", web::get().to(explain))
            .route("/v1/report", web::get().to(report))
            .route("/v1/config", web::get().to(config))
            .route("/v1/reload", web::post().to(reload))
            .route("/v1/log", web::put().to(log))
            .route("/v1/shutdown", web::post().to(shutdown))
            .default_service(web::to(nothing)),
    );
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
    let shown = shown.and_then(|value| value.strip_prefix("Bearer "));
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
    match back.daemon.send(Look { jobs: false }).await {
        Ok(seen) if seen.state == "running" => HttpResponse::Ok().body("ready\n"),
        _ => gone(),
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

async fn retry(back: Data<Back>, job: Path<String>, wish: web::Bytes) -> HttpResponse {
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
    let view = back.views.host;
    told(move |store| view(store, &host), &back).await
}

async fn explain(back: Data<Back>, wish: Query<Wish>) -> HttpResponse {
    let view = back.views.explain;
    told(move |store| view(store, wish.job.as_deref(), &wish.url), &back).await
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

async fn log(back: Data<Back>, wish: Json<LogWish>) -> HttpResponse {
    let order = SetLog { filter: wish.into_inner().filter };
    back.daemon.send(order).await.map_or_else(|_| gone(), ordered)
}

async fn shutdown(back: Data<Back>) -> HttpResponse {
    back.daemon.do_send(Ending { signal: SIGTERM });
    ordered(Ok("the daemon is ending".to_owned()))
}
