//! Why a hotel is not brought in.
use hotelhub_web::{AppError, Kind};
use jiff::SignedDuration;
use thiserror::Error;

/// So long the pieces of a file lie in the exchange.
pub(super) const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// A piece is not longer, in bytes: it is held in memory, and sent within the time limit of a request.
pub(super) const LONGEST_PIECE: usize = 16 * 1024 * 1024;

/// A file has no more pieces: together they are longer than the longest export, which has 128 GiB.
pub(super) const MOST_PIECES: i32 = 10_000;

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    /// There is no import with this id.
    #[error("there is no such import")]
    Unknown,
    /// This plane has no exchange.
    #[error("the control plane has no exchange: HOTELHUB_EXCHANGE_STORE and HOTELHUB_EXCHANGE_KEY")]
    NoExchange,
    /// Another tenant has the name.
    #[error("another hotel has this name already")]
    SlugTaken,
    /// No worker could take it.
    #[error("no open cluster with room for this plan has a fleet worker with a store of backups")]
    NoRoom,
    /// It is under way, or over.
    #[error("this import takes no more pieces: it is under way, or over")]
    Begun,
    /// A piece is missing, or another one is there.
    #[error("the pieces that arrived are not the file: pieces or bytes are missing")]
    Incomplete,
    /// No piece.
    #[error("a piece has 1 byte to 16 MiB, and a number below 10000")]
    NoPiece,
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let (kind, code) = match refusal {
            Refusal::Unknown => (Kind::NotFound, "unknown-import"),
            Refusal::NoExchange => (Kind::Conflict, "no-exchange"),
            Refusal::SlugTaken => (Kind::Conflict, "slug-taken"),
            Refusal::NoRoom => (Kind::Conflict, "no-room-to-import"),
            Refusal::Begun => (Kind::Conflict, "import-begun"),
            Refusal::Incomplete => (Kind::Conflict, "incomplete-file"),
            Refusal::NoPiece => (Kind::Invalid, "no-piece"),
        };
        Self::new(kind, code, refusal.to_string())
    }
}
