//! Where a move stands, and why none is begun.
use hotelhub_protocol::MoveStep;
use hotelhub_web::{AppError, Kind};
use thiserror::Error;

/// Where a move stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Everything is being copied; the tenant is served as ever.
    Copying,
    /// The writers are held for a moment, and the copy compared.
    Switching,
    /// The tenant is served from its new place; what linked the two goes.
    Clearing,
    /// It is given up: what was made goes.
    Undoing,
    /// The tenant lives at its new place.
    Done,
    /// The tenant lives where it did.
    GivenUp,
}

impl State {
    const ALL: [Self; 6] = [Self::Copying, Self::Switching, Self::Clearing, Self::Undoing, Self::Done, Self::GivenUp];

    /// As a row keeps it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Copying => "copying",
            Self::Switching => "switching",
            Self::Clearing => "clearing",
            Self::Undoing => "undoing",
            Self::Done => "done",
            Self::GivenUp => "given_up",
        }
    }

    /// Reads what a row keeps.
    pub(super) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// What a worker does while it stands there; nothing where it is over.
    pub(super) fn step(self) -> Option<MoveStep> {
        match self {
            Self::Copying => Some(MoveStep::Copy),
            Self::Switching => Some(MoveStep::Switch),
            Self::Clearing => Some(MoveStep::Clear),
            Self::Undoing => Some(MoveStep::Undo),
            Self::Done | Self::GivenUp => None,
        }
    }

    /// Whether it can be given up: the tenant is served from where it was.
    pub(super) fn may_be_given_up(self) -> bool {
        matches!(self, Self::Copying | Self::Switching)
    }
}

/// Why nothing is moved.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    /// There is no tenant with this id.
    #[error("there is no such tenant")]
    UnknownTenant,
    /// There is no cluster with this name.
    #[error("there is no such cluster")]
    UnknownCluster,
    /// There is no move with this id.
    #[error("there is no such move")]
    UnknownMove,
    /// The tenant has no database that is served.
    #[error("this tenant has no database that is served")]
    NotServed,
    /// It is there already.
    #[error("this tenant lies there already")]
    ThereAlready,
    /// It is being moved.
    #[error("this tenant is being moved already")]
    Moving,
    /// Something else is being done to its data.
    #[error("this tenant's data are being backed up, restored, exported or migrated: move it afterwards")]
    InWork,
    /// Another leaves the database that it shares.
    #[error("another tenant is just leaving the database that this one shares: they go one at a time")]
    Neighbour,
    /// Its schema is older than what the target's workers make.
    #[error("this tenant's schema is behind: roll the newest out to it first")]
    Behind,
    /// The target takes no hotels.
    #[error("this cluster takes no hotels: it is closed, being emptied, full, or for one other hotel alone")]
    NoRoom,
    /// No worker that is heard can reach both servers.
    #[error("no fleet worker has access to both servers")]
    NoWorker,
    /// It is too late, or was too late already.
    #[error("this move cannot be given up any more")]
    TooLate,
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        let (kind, code) = match refusal {
            Refusal::UnknownTenant => (Kind::NotFound, "unknown-tenant"),
            Refusal::UnknownCluster => (Kind::NotFound, "unknown-cluster"),
            Refusal::UnknownMove => (Kind::NotFound, "unknown-move"),
            Refusal::NotServed => (Kind::Conflict, "not-served"),
            Refusal::ThereAlready => (Kind::Conflict, "there-already"),
            Refusal::Moving => (Kind::Conflict, "move-open"),
            Refusal::InWork => (Kind::Conflict, "data-in-work"),
            Refusal::Neighbour => (Kind::Conflict, "neighbour-leaving"),
            Refusal::Behind => (Kind::Conflict, "schema-behind"),
            Refusal::NoRoom => (Kind::Conflict, "no-room"),
            Refusal::NoWorker => (Kind::Conflict, "no-worker"),
            Refusal::TooLate => (Kind::Conflict, "too-late"),
        };
        Self::new(kind, code, text)
    }
}
