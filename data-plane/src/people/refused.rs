//! What a form says to whom it refuses.
use axum::http::StatusCode;
use hotelhub_web::{AppError, Result};

/// The status and the catalogue's key of a refusal that is one of those the form shows; any other is the answer itself.
pub(super) fn said(refusal: AppError, shown: &[&str]) -> Result<(StatusCode, String)> {
    if shown.contains(&refusal.code()) {
        Ok((refusal.kind().status(), format!("people.wrong.{}", refusal.code())))
    } else {
        Err(refusal)
    }
}
