//! What a tenant is to the vendor.
use hotelhub_web::{AppError, Kind};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A tenant's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TenantStatus)]
pub enum Status {
    /// In its trial.
    Trial,
    /// Paying.
    Active,
    /// Unpaid or stopped by staff: what lands a guest safely goes on.
    Suspended,
    /// Gone.
    Churned,
}

impl Status {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 4] = [Self::Trial, Self::Active, Self::Suspended, Self::Churned];

    /// The status as a row keeps it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Churned => "churned",
        }
    }

    /// Reads what a row keeps.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// How its badge is coloured.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Trial => "calm",
            Self::Active => "good",
            Self::Suspended => "warn",
            Self::Churned => "bad",
        }
    }
}

/// Why a tenant stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is none with this id.
    #[error("there is no such tenant")]
    Unknown,
    /// It is gone for good.
    #[error("this tenant is gone; nothing brings it back")]
    Gone,
    /// It is deleted, and may be undeleted.
    #[error("this tenant is deleted: undelete it first")]
    Deleted,
    /// Its database is still being made.
    #[error("this tenant is still being made: try again when it is there")]
    BeingMade,
    /// A change needs a reason that people can be told.
    #[error("give a reason of 3 to 500 characters")]
    NoReason,
    /// A maintenance that would end before it begins.
    #[error("a maintenance ends after it has begun")]
    EndedAlready,
    /// Another tenant's name, given to confirm a deletion.
    #[error("this is not the tenant's name")]
    OtherName,
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::Unknown => Self::new(Kind::NotFound, "unknown-tenant", text),
            Refusal::Gone => Self::new(Kind::Conflict, "tenant-gone", text),
            Refusal::Deleted => Self::new(Kind::Conflict, "tenant-deleted", text),
            Refusal::BeingMade => Self::new(Kind::Conflict, "tenant-being-made", text).retry_after(5),
            Refusal::NoReason => Self::new(Kind::Invalid, "no-reason", text.clone()).field("reason", text),
            Refusal::EndedAlready => Self::new(Kind::Invalid, "ended-already", text.clone()).field("until", text),
            Refusal::OtherName => Self::new(Kind::Invalid, "other-name", text.clone()).field("slug", text),
        }
    }
}
