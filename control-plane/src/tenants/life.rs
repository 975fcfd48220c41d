//! A tenant's life: what staff may do to it, and where it stands then.
use hotelhub_identity::StaffPermission;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Refusal, Status};

/// Where a tenant stands in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// What it is.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// Why it is suspended.
    pub reason: Option<String>,
    /// What resuming returns to.
    pub before: Option<Status>,
    /// While it is there nobody is served.
    pub maintenance: Option<Maintenance>,
    /// That it was deleted; its database may still be kept.
    pub deletion: Option<Deletion>,
    /// Whether its database is still there to be served from.
    pub kept: bool,
}

/// A tenant that is closed for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TenantMaintenance)]
pub struct Maintenance {
    /// Why, for whoever comes meanwhile.
    pub text: String,
    /// When it is expected to end; staff end it.
    pub until: Option<Timestamp>,
    /// Since when.
    pub since: Timestamp,
}

/// A tenant that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TenantDeletion)]
pub struct Deletion {
    /// What undeleting returns to.
    pub from: Status,
    /// Why.
    pub reason: String,
    /// Until then its database is kept.
    pub drop_after: Timestamp,
}

/// What staff do to a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Stops new business, for this reason.
    Suspend(String),
    /// Ends a suspension.
    Resume,
    /// Closes it for a while.
    Maintain {
        /// Why, for whoever comes meanwhile.
        text: String,
        /// When it is expected to end.
        until: Option<Timestamp>,
    },
    /// Ends a maintenance.
    Reopen,
    /// Takes it off the air; its database is dropped later.
    Delete {
        /// Why.
        reason: String,
        /// Its name once more, so that nobody deletes another by mistake.
        slug: String,
    },
    /// Brings a deleted one back.
    Undelete,
}

impl Change {
    /// Who may do it.
    pub(super) fn needs(&self) -> StaffPermission {
        match self {
            Self::Suspend(_) | Self::Resume | Self::Maintain { .. } | Self::Reopen => StaffPermission::TenantChange,
            Self::Delete { .. } | Self::Undelete => StaffPermission::TenantDelete,
        }
    }

    /// What the audit log calls it, and what it notes besides.
    pub(super) fn noted(&self) -> (&'static str, Value) {
        match self {
            Self::Suspend(reason) => ("tenant.suspend", json!({ "reason": reason.trim() })),
            Self::Resume => ("tenant.resume", json!({})),
            Self::Maintain { text, until } => ("tenant.maintain", json!({ "text": text.trim(), "until": until })),
            Self::Reopen => ("tenant.reopen", json!({})),
            Self::Delete { reason, .. } => ("tenant.delete", json!({ "reason": reason.trim() })),
            Self::Undelete => ("tenant.undelete", json!({})),
        }
    }
}

impl Life {
    /// The life after a change: the same where it changes nothing. A deletion keeps the database for `grace`.
    pub fn after(&self, change: &Change, now: Timestamp, grace: SignedDuration) -> Result<Self, Refusal> {
        match (change, &self.deletion) {
            (Change::Delete { .. }, Some(_)) if self.kept => return Ok(self.clone()),
            (Change::Undelete, Some(deletion)) if self.kept => {
                return Ok(Self { status: deletion.from, since: now, deletion: None, ..self.clone() });
            }
            (_, Some(_)) if self.kept => return Err(Refusal::Deleted),
            (_, None) if self.status != Status::Churned => {}
            _ => return Err(Refusal::Gone),
        }
        Ok(match change {
            Change::Suspend(_) if self.status == Status::Suspended => self.clone(),
            Change::Suspend(why) => {
                let (reason, before) = (Some(reason(why)?.to_owned()), Some(self.status));
                Self { status: Status::Suspended, since: now, reason, before, ..self.clone() }
            }
            Change::Resume => match self.before {
                Some(before) => Self { status: before, since: now, reason: None, before: None, ..self.clone() },
                None => self.clone(),
            },
            Change::Maintain { text, until } => self.maintained(text, *until, now)?,
            Change::Reopen => Self { maintenance: None, ..self.clone() },
            Change::Delete { reason: why, .. } => {
                let drop_after = now.checked_add(grace).unwrap_or(Timestamp::MAX);
                let deletion = Deletion { from: self.status, reason: reason(why)?.to_owned(), drop_after };
                Self { status: Status::Churned, since: now, deletion: Some(deletion), ..self.clone() }
            }
            Change::Undelete => self.clone(),
        })
    }

    /// Whether it was deleted and its days of grace are over.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.kept && self.deletion.as_ref().is_some_and(|deletion| deletion.drop_after <= now)
    }

    fn maintained(&self, text: &str, until: Option<Timestamp>, now: Timestamp) -> Result<Self, Refusal> {
        if until.is_some_and(|until| until <= now) {
            return Err(Refusal::EndedAlready);
        }
        let since = self.maintenance.as_ref().map_or(now, |begun| begun.since);
        let maintenance = Maintenance { text: reason(text)?.to_owned(), until, since };
        Ok(Self { maintenance: Some(maintenance), ..self.clone() })
    }
}

/// A reason as it is kept.
fn reason(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    let fits = (3..=500).contains(&text.chars().count()) && !text.chars().any(|c| c.is_control() && c != '\n');
    if fits { Ok(text) } else { Err(Refusal::NoReason) }
}
