//! The id under which the log knows a request: always our own, never one from outside.
use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::sync::Arc;

/// The response header that carries it.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request's id, in the request's extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
