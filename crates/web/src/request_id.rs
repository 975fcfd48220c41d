//! The id under which the log knows a request: always our own, never one from outside.
use std::fmt;

use axum::http::{HeaderName, HeaderValue};
use bytes::Bytes;
use uuid::Uuid;

/// The response header that carries it.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// The value of the response header.
    pub fn to_header(self) -> HeaderValue {
        let text = Bytes::copy_from_slice(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
        HeaderValue::from_maybe_shared(text).expect("a UUID is of visible letters")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
