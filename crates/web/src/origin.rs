//! Whose page sent this: a change counts only when its Origin is this very host, and a request names its host once.
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method, Uri};

use crate::{AppError, Kind, Result};

/// Under which scheme browsers reach this listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Plain, for development and behind nothing.
    #[default]
    Http,
    /// TLS, here or at a proxy in front.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Reads `http` or `https`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|scheme| scheme.as_str() == text)
    }
}

/// The one host that the request names, port and all; two that differ, or none, are refused. Forwarded headers are not read.
pub fn authority<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Result<&'a str> {
    let bad = |detail: &str| AppError::new(Kind::Malformed, "bad-host", detail);
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host.to_str().map_err(|_| bad("The host is not ASCII."))?),
        (None, _) => None,
        _ => return Err(bad("There is more than one Host header.")),
    };
    let named = uri.authority().map(axum::http::uri::Authority::as_str);
    match (named, host) {
        (Some(named), Some(host)) if !named.eq_ignore_ascii_case(host) => Err(bad("Two hosts are named.")),
        (_, Some(host)) => Ok(host),
        (Some(named), None) => Ok(named),
        (None, None) => Err(bad("There is no Host header.")),
    }
}

/// Refuses a change whose Origin is not exactly `scheme://authority`; without an Origin, `Sec-Fetch-Site: same-origin` counts.
pub fn same_origin(method: &Method, headers: &HeaderMap, scheme: Scheme, authority: &str) -> Result<()> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let same = match (origins.next(), origins.next()) {
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| {
            let parts = origin.split_once("://");
            parts.is_some_and(|(named, host)| named == scheme.as_str() && host.eq_ignore_ascii_case(authority))
        }),
        (None, _) => headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin"),
        _ => false,
    };
    if same {
        return Ok(());
    }
    Err(AppError::new(Kind::Forbidden, "cross-origin", "A change must come from a page of this very host."))
}
