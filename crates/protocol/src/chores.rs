//! Chores: what is done to a tenant's tables, or looked for in them, while the tenant is served.
use serde::{Deserialize, Serialize};

/// A chore. Each may be done twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chore {
    /// Look for what must not be: another's house, another version of the schema, books that do not add up, indexes that are not valid.
    Check,
    /// Gather statistics for the planner anew.
    Analyze,
    /// Take out what is dead, and gather statistics.
    Vacuum,
    /// Build every index anew, beside those who use it; one behind an exclusion with its table locked, for no more than a second.
    Reindex,
}

impl Chore {
    /// Every chore.
    pub const ALL: [Self; 4] = [Self::Check, Self::Analyze, Self::Vacuum, Self::Reindex];

    /// As it is written down.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Analyze => "analyze",
            Self::Vacuum => "vacuum",
            Self::Reindex => "reindex",
        }
    }

    /// Reads what [`Chore::as_str`] writes.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

/// How a chore went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tended {
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// What was found that should not be, and what was not done and why, a sentence each.
    pub found: Vec<String>,
}
