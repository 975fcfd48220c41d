//! What every response tells the browser to refuse. What rules a document alone is not said of data.
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

use crate::origin::Scheme;

/// Scripts, styles, pictures and forms of this host alone; nothing inline; no framing.
pub const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                          form-action 'self'; frame-ancestors 'none'";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Adds them where the handler has not said otherwise. JSON is shown by no browser as a document, for it is never sniffed.
pub fn put(headers: &mut HeaderMap, scheme: Scheme) {
    let is_document = !is_json(headers);
    if is_document {
        headers.reserve(8);
    }
    let mut put = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    put(X_CONTENT_TYPE_OPTIONS, const { HeaderValue::from_static("nosniff") });
    put(CACHE_CONTROL, const { HeaderValue::from_static("no-store") });
    if scheme == Scheme::Https {
        put(STRICT_TRANSPORT_SECURITY, const { HeaderValue::from_static("max-age=31536000; includeSubDomains") });
    }
    if is_document {
        put(CONTENT_SECURITY_POLICY, const { HeaderValue::from_static(POLICY) });
        put(REFERRER_POLICY, const { HeaderValue::from_static("same-origin") });
        put(OPENER_POLICY, const { HeaderValue::from_static("same-origin") });
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| matches!(kind.as_bytes(), b"application/json" | b"application/problem+json"))
}
