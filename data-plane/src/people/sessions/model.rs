//! How long sessions last, and what their owner sees of them.
use jiff::{SignedDuration, Timestamp};
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
