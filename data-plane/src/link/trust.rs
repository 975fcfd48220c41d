//! What of a routing table that was offered is believed: its seal, that it is not older than the one in use, and that no hotels were
//! lost in it.
use std::collections::HashSet;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::{BadSignature, Snapshot};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// Of so many hotels all may go at once.
const A_HANDFUL: usize = 8;

/// Why a routing table, or changes of it, are not lived by.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Doubt {
    /// It is cut short, spoilt, or sealed by somebody else.
    #[error("it is not what the control plane sealed")]
    Unsealed(#[from] BadSignature),
    /// A table older than the one that is served by.
    #[error("its version {theirs} is older than {ours}, which this node serves by")]
    Older {
        /// The version that came.
        theirs: u64,
        /// The version that is held.
        ours: u64,
    },
    /// A table without most of the hotels that are served; one of the same version without any of them.
    #[error("{missing} of {held} hotels are missing in it, and it says of {departed} that they left")]
    Shrunken {
        /// Hotels that are served and not in it.
        missing: usize,
        /// Hotels that are served.
        held: usize,
        /// Hotels that left, by its own account.
        departed: u64,
    },
    /// A peer's table of which nobody can say what has changed since.
    #[error("it was taken at {0}: that is too long ago for a node that knows no better")]
    Stale(Timestamp),
}

impl Doubt {
    /// One word, for a metric and `/health`.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Unsealed(BadSignature::Envelope(_) | BadSignature::Payload(_)) => "unreadable",
            Self::Unsealed(BadSignature::Signature | BadSignature::Kind(_)) => "forged",
            Self::Older { .. } => "older",
            Self::Shrunken { .. } => "shrunken",
            Self::Stale(_) => "stale",
        }
    }
}

/// What is served by.
pub(super) struct Held {
    pub(super) version: u64,
    pub(super) departed: u64,
    pub(super) tenants: Vec<TenantId>,
}

/// Whether a table whose seal is good may take the place of the one that is held. Hotels that left are told by a count under the same
/// seal: what is missing beyond it was lost. At the version that is held nothing may be.
pub(super) fn weigh(held: &Held, offered: &Snapshot) -> Result<(), Doubt> {
    let (theirs, ours) = (offered.version, held.version);
    if theirs < ours {
        return Err(Doubt::Older { theirs, ours });
    }
    let there: HashSet<TenantId> = offered.routes.iter().map(|route| route.tenant).collect();
    let missing = held.tenants.iter().filter(|tenant| !there.contains(tenant)).count();
    let departed = offered.departed.saturating_sub(held.departed);
    let lost = missing.saturating_sub(usize::try_from(departed).unwrap_or(usize::MAX));
    let held = held.tenants.len();
    let most = held > A_HANDFUL && lost * 2 > held;
    if most || (lost > 0 && theirs == ours) {
        return Err(Doubt::Shrunken { missing, held, departed });
    }
    Ok(())
}

/// A peer may withhold what has changed since: how old its table may be for a node that has none.
pub(super) fn must_be_young(taken_at: Timestamp, now: Timestamp, oldest: SignedDuration) -> Result<(), Doubt> {
    if now.duration_since(taken_at) > oldest { Err(Doubt::Stale(taken_at)) } else { Ok(()) }
}
