//! Passwords: set by their owner, for somebody new by who keeps the accounts, or anew through a letter's link.
mod jobs;
mod letters;
mod model;
mod pages;
mod routes;

pub use jobs::SendPasswordLink;
pub(crate) use jobs::send_password_link;
#[cfg(test)]
pub(crate) use letters::NewPasswordLetter;
pub(crate) use pages::pages;
#[cfg(test)]
pub(crate) use pages::{ForgotPage, ResetPage};
pub(crate) use routes::router;

use hotelhub_identity::SessionToken;
use hotelhub_web::{AppError, Kind, Result};
use serde_json::json;
use uuid::Uuid;

use crate::audit;
use crate::people::links::{self, Purpose};
use crate::people::model::Email;
use crate::people::sessions::{self, Staff};
use crate::people::users::{self, Account};
use crate::tenancy::{Session, Tenant};
use model::Refusal;

/// Whether this is the password of who is signed in; counts against the account's throttle.
pub(crate) async fn prove(tenant: &Tenant, visitor: &sessions::Visitor, account: &Account, text: &str) -> Result<bool> {
    let gate = &tenant.node().gate;
    let Some(email) = Email::parse(&account.email) else { return Ok(false) };
    gate.admit(tenant, &email, visitor.address).await?;
    let right = gate.matches(text.to_owned(), account.password.clone()).await?;
    if right {
        gate.forgive(tenant, &email).await;
    }
    Ok(right)
}

/// [`prove`] for what nobody does without their password.
pub(crate) async fn demand(tenant: &Tenant, staff: &Staff, visitor: &sessions::Visitor, password: &str) -> Result<()> {
    let account = own_account(tenant, staff).await?;
    let wrong =
        || AppError::new(Kind::Forbidden, "wrong-password", "The password is wrong.").field("password", "wrong");
    if prove(tenant, visitor, &account, password).await? { Ok(()) } else { Err(wrong()) }
}

/// Changes one's own password: every other session ends, this one gets a fresh token. Whoever has none yet needs no old one.
/// Asked again with the same new password, it answers the same.
pub(crate) async fn change_own(
    tenant: &Tenant,
    staff: &Staff,
    visitor: &sessions::Visitor,
    current: Option<&str>,
    new: String,
) -> Result<SessionToken> {
    let account = own_account(tenant, staff).await?;
    if account.password.is_some() {
        let right = match current {
            Some(current) => prove(tenant, visitor, &account, current).await?,
            None => false,
        };
        // A repetition of a change that was made already proves itself by the password it made.
        if !right && !prove(tenant, visitor, &account, &new).await? {
            return Err(Refusal::WrongCurrent.into());
        }
    }
    let about = [account.email.clone(), account.name.clone()];
    let hash = tenant.node().gate.hash(new, about, &tenant.node().entropy).await?;
    let tx = tenant.begin().await?;
    let outcome = async {
        users::set_password(&tx, staff.user_id, &hash, tenant.clock().now()).await?;
        let ended = after_change(&tx, tenant, staff.user_id, Some(staff.session_id)).await?;
        let details = json!({ "sessions_ended": ended });
        audit::record(&tx, tenant, &staff.actor(), "password.set", ("user", staff.user_id), details).await?;
        Ok(sessions::rotate(&tx, tenant, staff.session_id).await?)
    };
    let outcome = outcome.await;
    tx.settle(outcome).await
}

/// Gives somebody a password: for a hotel that sends no letters, or who cannot read them. All their sessions end.
pub(crate) async fn give(tenant: &Tenant, staff: &Staff, user: Uuid, new: String) -> Result<()> {
    let account = users::by_id(&*tenant.connect().await?, user).await?.ok_or_else(users::unknown)?;
    users::may_keep(staff, &account)?;
    let about = [account.email.clone(), account.name.clone()];
    let hash = tenant.node().gate.hash(new, about, &tenant.node().entropy).await?;
    let tx = tenant.begin().await?;
    let outcome = async {
        users::set_password(&tx, user, &hash, tenant.clock().now()).await?;
        let ended = after_change(&tx, tenant, user, None).await?;
        let details = json!({ "sessions_ended": ended });
        Ok(audit::record(&tx, tenant, &staff.actor(), "password.give", ("user", user), details).await?)
    };
    let outcome = outcome.await;
    tx.settle(outcome).await
}

/// The account of who is signed in, secrets and all.
pub(crate) async fn own_account(tenant: &Tenant, staff: &Staff) -> Result<Account> {
    let found = users::by_id(&*tenant.connect().await?, staff.user_id).await?;
    found.ok_or_else(users::unknown)
}

/// What a new password or a new address ends: other sessions, and links that would set yet another or sign in without it.
pub(crate) async fn after_change(session: &Session, tenant: &Tenant, user: Uuid, kept: Option<Uuid>) -> Result<u64> {
    links::withdraw(session, tenant, user, Purpose::Password).await?;
    links::withdraw(session, tenant, user, Purpose::Login).await?;
    Ok(sessions::end_all_but(session, tenant, user, kept).await?)
}
