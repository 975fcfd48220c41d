//! What may be changed about a member of staff, and what may not.
use hotelhub_identity::StaffRole;
use hotelhub_web::{AppError, Kind};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Whether somebody may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// May.
    Active,
    /// May not; everything they did stays.
    Disabled,
}

impl Status {
    /// The status as a database keeps it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads a kept status; whatever is unknown may not sign in.
    pub(super) fn read(text: &str) -> Self {
        if text == "active" { Self::Active } else { Self::Disabled }
    }
}

/// What a member of staff is and may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) role: StaffRole,
    pub(super) status: Status,
}

impl Standing {
    /// Whether somebody of this standing can look after the staff.
    fn is_admin(self) -> bool {
        self.role == StaffRole::SuperAdmin && self.status == Status::Active
    }

    /// The standing after a change, unless the vendor would be left without anybody who can look after the staff.
    pub(super) fn changed(self, change: &Change, admins: i64) -> Result<Self, Refusal> {
        let after = Self { role: change.role.unwrap_or(self.role), status: change.status.unwrap_or(self.status) };
        if self.is_admin() && !after.is_admin() && admins <= 1 {
            return Err(Refusal::LastAdmin);
        }
        Ok(after)
    }
}

/// What shall be different; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    #[schema(value_type = Option<String>)]
    pub(super) role: Option<StaffRole>,
    pub(super) status: Option<Status>,
}

/// Why something about the staff is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// Nobody of the staff has this id.
    #[error("Nobody of the staff has this id.")]
    Unknown,
    /// Only an active super_admin can undo it.
    #[error("The last super_admin keeps role and access: make somebody else super_admin first.")]
    LastAdmin,
    /// The address is of the staff already.
    #[error("Somebody of the staff has this mail address.")]
    EmailTaken,
    /// There is no such invitation, or it is over.
    #[error("There is no open invitation of this id.")]
    NoInvitation,
    /// Who may not sign in needs no authenticator.
    #[error("This account is disabled: enable it first.")]
    Disabled,
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let (kind, code) = match refusal {
            Refusal::Unknown => (Kind::NotFound, "unknown-staff"),
            Refusal::NoInvitation => (Kind::NotFound, "no-such-invitation"),
            Refusal::LastAdmin => (Kind::Conflict, "last-admin"),
            Refusal::EmailTaken => (Kind::Conflict, "email-taken"),
            Refusal::Disabled => (Kind::Conflict, "staff-disabled"),
        };
        Self::new(kind, code, refusal.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Refusal, StaffRole, Standing, Status};

    #[test]
    fn the_last_active_super_admin_stays_one() {
        let admin = Standing { role: StaffRole::SuperAdmin, status: Status::Active };
        let demoted = Change { role: Some(StaffRole::Sales), status: None };
        let disabled = Change { role: None, status: Some(Status::Disabled) };
        for change in [&demoted, &disabled] {
            assert_eq!(admin.changed(change, 1), Err(Refusal::LastAdmin));
            assert!(admin.changed(change, 2).is_ok());
        }
        assert_eq!(admin.changed(&Change::default(), 1), Ok(admin));
        let gone = Standing { status: Status::Disabled, ..admin };
        assert!(gone.changed(&demoted, 1).is_ok(), "who may not sign in is not the last");
    }
}
