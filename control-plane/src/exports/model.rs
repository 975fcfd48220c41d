//! Why a tenant's data are not taken away now, and which part of a file is meant.
use hotelhub_web::{AppError, Kind};
use jiff::SignedDuration;
use thiserror::Error;

/// So long an export can be fetched.
pub(super) const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// After a failure was noted a worker may still write for so long.
pub(super) const LATEST_WORD: SignedDuration = SignedDuration::from_hours(2);

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    /// There is no export with this id.
    #[error("there is no such export")]
    Unknown,
    /// This plane has no exchange.
    #[error("the control plane has no exchange: HOTELHUB_EXCHANGE_STORE and HOTELHUB_EXCHANGE_KEY")]
    NoExchange,
    /// One is being written.
    #[error("this tenant is being exported already")]
    Exporting,
    /// It has ended.
    #[error("this is not under way any more")]
    Over,
    /// It is not written, or not kept any more.
    #[error("this export cannot be fetched: it is not done, or it has expired")]
    NotThere,
    /// The part asked for is none of the file's.
    #[error("the file has no such part; ask for bytes=N- with N within it")]
    NoSuchPart,
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let (kind, code) = match refusal {
            Refusal::Unknown => (Kind::NotFound, "unknown-export"),
            Refusal::NoExchange => (Kind::Conflict, "no-exchange"),
            Refusal::Exporting => (Kind::Conflict, "export-open"),
            Refusal::Over => (Kind::Conflict, "not-under-way"),
            Refusal::NotThere => (Kind::Gone, "export-gone"),
            Refusal::NoSuchPart => (Kind::Invalid, "no-such-part"),
        };
        Self::new(kind, code, refusal.to_string())
    }
}

/// How much of a hundred is done; of nothing, all.
pub(super) fn percent(done: i64, all: i64) -> i64 {
    if all <= 0 {
        return 100;
    }
    let hundredth = i128::from(done.clamp(0, all)) * 100 / i128::from(all);
    i64::try_from(hundredth).unwrap_or(100)
}

/// From which byte on a file of this length is asked for by a `Range` header: `bytes=N-` alone is understood.
pub(super) fn from_byte(range: Option<&str>, length: u64) -> Result<u64, Refusal> {
    let Some(range) = range else { return Ok(0) };
    let from = range.trim().strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
    let from = from.and_then(|from| from.parse().ok()).ok_or(Refusal::NoSuchPart)?;
    if from < length { Ok(from) } else { Err(Refusal::NoSuchPart) }
}
