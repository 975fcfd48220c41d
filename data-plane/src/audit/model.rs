//! Who did something, and what a line of the log says.
use std::fmt;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody of the hotel, signed in.
    User {
        /// The account.
        id: Uuid,
        /// Its name at the time.
        name: String,
    },
    /// A guest at a public door, known by the address the request came from.
    Guest(String),
    /// The house itself: a schedule or a job.
    System,
}

impl Actor {
    /// A guest at a public door.
    pub fn guest(address: impl fmt::Display) -> Self {
        Self::Guest(address.to_string())
    }

    /// Its kind, as the log keeps it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Guest(_) => "guest",
            Self::System => "system",
        }
    }

    /// The account, of somebody who has one here.
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::User { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// Its name, or a guest's address.
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } => name,
            Self::Guest(address) => address,
            Self::System => "",
        }
    }
}

/// A line of the log.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) seq: i64,
    pub(super) at: Timestamp,
    pub(super) actor_kind: String,
    pub(super) actor_id: Option<Uuid>,
    pub(super) actor_name: String,
    pub(super) action: String,
    pub(super) subject_kind: String,
    pub(super) subject_id: Option<Uuid>,
    pub(super) details: Value,
    pub(super) request_id: String,
}
