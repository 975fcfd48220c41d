//! The hotel's people: accounts, their roles, and who may change whose.
mod letters;
mod model;
mod pages;
mod routes;
mod store;
#[cfg(test)]
mod tests;
mod view;

#[cfg(test)]
pub(crate) use letters::Invitation;
pub(crate) use model::{Account, Changed, Refusal, Status};
pub(crate) use pages::pages;
pub(crate) use routes::router;
pub(crate) use store::{STATEMENTS, by_email, by_id, confirm_email, lock, roles_of, set_email, set_password};
#[cfg(test)]
pub(crate) use view::TeamPage;

use hotelhub_identity::{HotelRole, LinkToken};
use hotelhub_web::{AppError, IfMatch, Kind, Lang, Result};
use serde_json::json;
use uuid::Uuid;

use crate::audit;
use crate::notify;
use crate::people::links::{self, Purpose};
use crate::people::model::Email;
use crate::people::sessions::{self, Staff};
use crate::tenancy::{Business, Session, Tenant};

/// Somebody new, as their keeper describes them.
pub(crate) struct Newcomer {
    pub(crate) email: Email,
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) lang: Lang,
    pub(crate) roles: Vec<HotelRole>,
}

/// There is no such account.
pub(crate) fn unknown() -> AppError {
    AppError::new(Kind::NotFound, "no-such-user", "Nobody here has this id.")
}

/// Whether who is signed in may give this account a password: an owner's only another owner.
pub(crate) fn may_keep(staff: &Staff, account: &Account) -> Result<(), Refusal> {
    model::may_add(&staff.roles, &account.roles)
}

/// Adds somebody and sends them a letter with a link to choose a password.
///
/// The letter is written before the account is: until the owner has confirmed an address, somebody new is a stranger as well.
pub(crate) async fn add(session: &Session, tenant: &Tenant, staff: &Staff, new: Newcomer) -> Result<Account> {
    tenant.may_begin(Business::NewStaff)?;
    model::may_add(&staff.roles, &new.roles)?;
    store::lock_owners(session).await?;
    model::fits_plan(store::count_active(session).await?, tenant.route().limits.users)?;

    let now = tenant.clock().now();
    let token = LinkToken::mint(&tenant.node().entropy);
    letters::invite(session, tenant, staff, &new, &token).await?;
    let account = Account::fresh(tenant.ids().next(), new, now);
    store::insert(session, &account, now).await??;
    links::keep(session, tenant, account.id, Purpose::Password, &token).await?;
    let details = json!({ "email": account.email, "name": account.name, "roles": account.roles });
    audit::record(session, tenant, &staff.actor(), "user.add", ("user", account.id), details).await?;
    Ok(account)
}

/// Changes what of an account its keepers may; switching it off ends its sessions and links.
pub(crate) async fn change(
    session: &Session,
    tenant: &Tenant,
    staff: &Staff,
    (id, seen): (Uuid, IfMatch),
    edit: impl FnOnce(&Account) -> Changed,
) -> Result<Account> {
    let owners = store::lock_owners(session).await?;
    let account = store::lock(session, id).await?.ok_or_else(unknown)?;
    seen.check(account.version)?;
    let to = edit(&account);
    model::may_change((staff.user_id, &staff.roles), &account, &to, &owners)?;
    let wakes = account.status == Status::Disabled && to.status == Status::Active;
    if wakes {
        model::fits_plan(store::count_active(session).await?, tenant.route().limits.users)?;
    }

    store::change(session, id, &to, tenant.clock().now()).await?;
    if to.status == Status::Disabled {
        sessions::end_all_but(session, tenant, id, None).await?;
        links::withdraw(session, tenant, id, Purpose::Login).await?;
        links::withdraw(session, tenant, id, Purpose::Password).await?;
    }
    if account.email_confirmed && to.roles.contains(&HotelRole::Owner) {
        notify::release_withheld(session, tenant).await?;
    }
    let details = json!({ "before": Changed::of(&account), "after": to });
    audit::record(session, tenant, &staff.actor(), "user.change", ("user", id), details).await?;
    store::by_id(session, id).await?.ok_or_else(unknown)
}
