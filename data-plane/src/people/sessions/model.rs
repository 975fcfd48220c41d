//! How long sessions last, and what their owner sees of them.
use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use hotelhub_web::ClientAddress;
use jiff::{SignedDuration, Timestamp};
use std::convert::Infallible;
use std::net::IpAddr;
use uuid::Uuid;

/// A session ends this long after it began, whatever happens.
pub(super) const LIFETIME: SignedDuration = SignedDuration::from_hours(14 * 24);
/// A session ends when it was not used for so long: a night off, not a shift.
pub(super) const IDLE: SignedDuration = SignedDuration::from_hours(24);
/// That a session was used is written no more often than this.
pub(super) const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// An open session, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenSession {
    pub(crate) id: Uuid,
    pub(crate) address: String,
    pub(crate) agent: String,
    pub(crate) created_at: Timestamp,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Where a request came from and what sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visitor {
    pub(crate) address: IpAddr,
    /// What the browser calls itself, at most 200 characters.
    pub(crate) agent: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self { address, agent: agent.chars().take(200).collect() })
    }
}
