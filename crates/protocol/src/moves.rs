//! Moving a tenant's data to another place while it is served: who, from where, where to, and how each step went.
use hotelhub_kernel::TenantId;
use serde::{Deserialize, Serialize};

use crate::Placement;

/// A tenant's data on their way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    /// Whose.
    pub tenant: TenantId,
    /// Where they are served from until the switch.
    pub source: Placement,
    /// Where they are served from then: a database of a new name.
    pub target: Placement,
}

/// A step of a move. Each may be carried out twice, and from any point on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveStep {
    /// Copy everything and keep the copy up with the source, which is served.
    Copy,
    /// Hold the writers, let the copy catch up, compare every table, and shut the writers out at the source.
    Switch,
    /// After the switch: let writers in at the target, take down what linked the two, and shut the source.
    Clear,
    /// Instead of the switch: open the source to writers again and leave nothing of the move behind.
    Undo,
}

impl MoveStep {
    /// What an order for it is called in a table.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Copy => "copy_tenant",
            Self::Switch => "switch_tenant",
            Self::Clear => "clear_move",
            Self::Undo => "undo_move",
        }
    }
}

/// How a step of a move went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Moved {
    /// The copy is there and keeps up.
    Copied {
        /// How large the target is, in bytes.
        bytes: u64,
    },
    /// The copy is what the source is, table by table, and neither takes writers: the tenant may be served from the copy.
    Switched {
        /// The version of the hotel schema the target has.
        template: String,
        /// Rows that were compared.
        rows: u64,
        /// How long the writers had been held when this was said, in milliseconds.
        held_ms: u32,
    },
    /// Nothing links the two any more, and the target has the writers.
    Cleared,
    /// Instead of that: a worker that had shut the writers out could not say so, and let them in again at the source. The target has had none,
    /// and is not to be served from.
    Reopened,
    /// The source is as it was before the move, and the target is gone.
    Undone,
    /// The source is as it was before the move. The target's server cannot be reached, and what lies there lies there still.
    Left,
}
