//! Accounts and who may change whose.
use hotelhub_identity::{HotelRole, PasswordHash, Permissions, Totp};
use hotelhub_web::{AppError, Kind, Lang};
use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;
use uuid::Uuid;

use super::Newcomer;

/// Whether an account may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Active,
    Disabled,
}

impl Status {
    /// The status as a database keeps it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads `active` or `disabled`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Disabled].into_iter().find(|status| status.as_str() == text)
    }
}

/// Somebody's account, with the secrets that open it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) lang: Lang,
    pub(crate) roles: Vec<HotelRole>,
    pub(crate) status: Status,
    pub(crate) password: Option<PasswordHash>,
    pub(crate) email_confirmed: bool,
    /// The authenticator's secret; it counts only once [`Account::totp_confirmed`].
    pub(crate) totp: Option<Totp>,
    pub(crate) totp_confirmed: bool,
    pub(crate) totp_last_step: Option<i64>,
    pub(crate) version: i32,
    pub(crate) created_at: Timestamp,
}

impl Account {
    /// An account that nobody has opened yet.
    pub(super) fn fresh(id: Uuid, new: Newcomer, now: Timestamp) -> Self {
        Self {
            id,
            email: new.email.as_str().to_owned(),
            name: new.name,
            phone: new.phone,
            lang: new.lang,
            roles: new.roles,
            status: Status::Active,
            password: None,
            email_confirmed: false,
            totp: None,
            totp_confirmed: false,
            totp_last_step: None,
            version: 1,
            created_at: now,
        }
    }

    /// What its roles let it do.
    pub(crate) fn permissions(&self) -> Permissions {
        HotelRole::union(&self.roles)
    }

    /// The authenticator that guards the account, if one does.
    pub(crate) fn guard(&self) -> Option<&Totp> {
        self.totp.as_ref().filter(|_| self.totp_confirmed)
    }
}

/// What of an account its keepers may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Changed {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) lang: Lang,
    pub(crate) roles: Vec<HotelRole>,
    pub(crate) status: Status,
}

impl Changed {
    /// The account as it is.
    pub(crate) fn of(account: &Account) -> Self {
        let Account { name, phone, lang, roles, status, .. } = account.clone();
        Self { name, phone, lang, roles, status }
    }
}

/// Why an account is not added or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    #[error("Somebody here has this mail address already.")]
    EmailTaken,
    #[error("A hotel keeps at least one active owner.")]
    LastOwner,
    #[error("Only an owner makes, changes or dismisses an owner.")]
    OwnersOnly,
    #[error("Nobody changes their own roles or switches themselves off.")]
    OwnAccount,
    #[error("An account has at least one role.")]
    NoRoles,
    #[error("The plan covers {0} people. Switch somebody off, or take a larger plan.")]
    TooMany(u32),
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::EmailTaken => Self::new(Kind::Conflict, "email-taken", detail).field("email", "taken"),
            Refusal::LastOwner => Self::new(Kind::Conflict, "last-owner", detail),
            Refusal::OwnersOnly => Self::new(Kind::Forbidden, "owners-only", detail),
            Refusal::OwnAccount => Self::new(Kind::Conflict, "own-account", detail),
            Refusal::NoRoles => Self::new(Kind::Invalid, "no-roles", detail).field("roles", "at least one"),
            Refusal::TooMany(users) => Self::new(Kind::Conflict, "too-many-users", detail).with("users", users),
        }
    }
}

/// Whether a keeper of accounts may give these roles to a new one.
pub(super) fn may_add(keeper: &[HotelRole], roles: &[HotelRole]) -> Result<(), Refusal> {
    if roles.is_empty() {
        return Err(Refusal::NoRoles);
    }
    let owner = HotelRole::Owner;
    if roles.contains(&owner) && !keeper.contains(&owner) { Err(Refusal::OwnersOnly) } else { Ok(()) }
}

/// Whether a keeper may change an account so. `owners` are the active ones before the change.
pub(super) fn may_change(
    (keeper, keeper_roles): (Uuid, &[HotelRole]),
    account: &Account,
    to: &Changed,
    owners: &[Uuid],
) -> Result<(), Refusal> {
    let owner = HotelRole::Owner;
    let rights_change = to.roles != account.roles || to.status != account.status;
    if to.roles.is_empty() {
        return Err(Refusal::NoRoles);
    }
    let about_owners = account.roles.contains(&owner) || to.roles.contains(&owner);
    if about_owners && !keeper_roles.contains(&owner) {
        return Err(Refusal::OwnersOnly);
    }
    let stays_owner = to.roles.contains(&owner) && to.status == Status::Active;
    if !stays_owner && owners == [account.id] {
        return Err(Refusal::LastOwner);
    }
    if rights_change && keeper == account.id { Err(Refusal::OwnAccount) } else { Ok(()) }
}

/// Whether one more active account fits the plan.
pub(super) fn fits_plan(active: i64, limit: Option<u32>) -> Result<(), Refusal> {
    match limit {
        Some(limit) if active >= i64::from(limit) => Err(Refusal::TooMany(limit)),
        _ => Ok(()),
    }
}
