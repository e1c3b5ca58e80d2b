//! What the control interface answers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::daemon::{Refusal, Reloaded};

/// What an order gave, in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The line.
    pub message: String,
}

/// Why nothing came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// One line, or one for each fault.
    pub error: String,
}

/// What became of a reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadSaid {
    /// `applied`, `unchanged`, `refused`, `invalid` or `ignored`.
    pub outcome: String,
    /// What was changed, or why nothing was; one line for each fault.
    pub message: String,
}

pub(super) fn failed(status: StatusCode, words: impl Into<String>) -> HttpResponse {
    HttpResponse::build(status).json(Failure { error: words.into() })
}

pub(super) fn ordered(order: Result<String, Refusal>) -> HttpResponse {
    match order {
        Ok(message) => HttpResponse::Ok().json(Said { message }),
        Err(Refusal::Unknown(words)) => failed(StatusCode::NOT_FOUND, words),
        Err(Refusal::Conflict(words)) => failed(StatusCode::CONFLICT, words),
        Err(Refusal::Bad(words)) => failed(StatusCode::UNPROCESSABLE_ENTITY, words),
        Err(Refusal::Store(words)) => failed(StatusCode::SERVICE_UNAVAILABLE, words),
    }
}

pub(super) fn reloaded(outcome: &Reloaded) -> HttpResponse {
    let status = match outcome {
        Reloaded::Unchanged | Reloaded::Applied(_) => StatusCode::OK,
        Reloaded::Refused(_) => StatusCode::CONFLICT,
        Reloaded::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Reloaded::Ignored(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let said = ReloadSaid { outcome: outcome.name().to_owned(), message: outcome.to_string() };
    HttpResponse::build(status).json(said)
}

/// The daemon does not answer any more.
pub(super) fn gone() -> HttpResponse {
    failed(StatusCode::SERVICE_UNAVAILABLE, "the daemon is ending")
}
