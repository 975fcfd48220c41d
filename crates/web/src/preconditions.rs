//! Two clerks at one record: versions as entity tags.
use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;

use crate::{AppError, Kind, Result};

/// The version that the client last saw; required: without it 428, malformed 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub i32);

/// The entity tag of a version: `"7"`.
pub fn etag(version: i32) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

impl IfMatch {
    /// 412, for when the record has moved on.
    pub fn stale() -> AppError {
        let detail = "Somebody changed this in the meantime: read it again and decide anew.";
        AppError::new(Kind::PreconditionFailed, "stale", detail)
    }

    /// Passes when `current` is the version that the client saw.
    pub fn check(self, current: i32) -> Result<()> {
        if self.0 == current { Ok(()) } else { Err(Self::stale()) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let mut values = parts.headers.get_all(IF_MATCH).iter();
        let (Some(value), extra) = (values.next(), values.next()) else {
            let detail = "This needs an If-Match header with the version you last read.";
            return Err(AppError::new(Kind::PreconditionRequired, "if-match-missing", detail));
        };
        let version = value.to_str().ok().and_then(|text| text.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
        let malformed = || AppError::new(Kind::Malformed, "if-match-malformed", "If-Match is one quoted number.");
        version.filter(|_| extra.is_none()).map(Self).ok_or_else(malformed)
    }
}
