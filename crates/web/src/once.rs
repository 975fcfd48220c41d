//! What is said of a request whose key came before, and how long its answer is kept.
use axum::http::HeaderName;
use jiff::SignedDuration;

use crate::{AppError, Kind};

/// How long an answer is kept for whoever asks again.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);

/// Says that an answer is that of an earlier request.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A key that came with another request before.
pub fn reused() -> AppError {
    let detail = "This idempotency key was used for another request. A new request needs a new key.";
    AppError::new(Kind::Invalid, "key-reused", detail)
}

/// The same request is not decided yet.
pub fn undecided() -> AppError {
    AppError::new(Kind::Unavailable, "busy", "The same request is being answered. Please ask again.").retry_after(1)
}
