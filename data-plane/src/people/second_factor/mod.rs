//! The second factor: an authenticator's codes, and recovery codes for who lost it.
mod model;
mod routes;
mod store;

pub(crate) use model::Proof;
pub(crate) use routes::{confirm_first, disable_proven, enrol_proven, router};
pub(crate) use store::STATEMENTS;

use hotelhub_identity::{RecoveryCodes, Totp};
use hotelhub_web::Result;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor};
use crate::people::model::Refused;
use crate::people::users::Account;
use crate::tenancy::{DbError, Session, Tenant};
use model::Refusal;

/// What an account brings besides its password. Nothing is used up yet.
pub(crate) fn check(account: &Account, code: Option<&str>, now: Timestamp) -> Result<Proof, Refused> {
    let Some(totp) = account.guard() else { return Ok(Proof::PasswordAlone) };
    let code = code.map(str::trim).filter(|code| !code.is_empty()).ok_or(Refused::CodeNeeded)?;
    if let Some(step) = totp.accepts(code, now, account.totp_last_step) {
        return Ok(Proof::Step(step));
    }
    RecoveryCodes::hash(code).map(Proof::Recovery).ok_or(Refused::WrongCode)
}

/// Uses a proof up; whether it was good and unused.
pub(crate) async fn spend(
    session: &Session,
    tenant: &Tenant,
    by: &Actor,
    user: Uuid,
    proof: &Proof,
) -> Result<bool, DbError> {
    match proof {
        Proof::PasswordAlone => Ok(true),
        Proof::Step(step) => store::spend_step(session, user, *step).await,
        Proof::Recovery(hash) => {
            let good = store::spend_recovery(session, user, hash, tenant.clock().now()).await?;
            if good {
                audit::record(session, tenant, by, "recovery-code.use", ("user", user), json!({})).await?;
            }
            Ok(good)
        }
    }
}

/// The secret an account is to put into its authenticator; it guards nothing before [`confirm`]. Asked again, the same.
pub(crate) async fn enrol(session: &Session, tenant: &Tenant, account: &Account) -> Result<Totp> {
    if account.guard().is_some() {
        return Err(Refusal::GuardedAlready.into());
    }
    if let Some(waiting) = &account.totp {
        return Ok(waiting.clone());
    }
    let totp = Totp::new(&tenant.node().entropy);
    store::enrol(session, account.id, &totp, tenant.clock().now()).await?;
    let by = Actor::User { id: account.id, name: account.name.clone() };
    audit::record(session, tenant, &by, "totp.enrol", ("user", account.id), json!({})).await?;
    Ok(totp)
}

/// Lets the authenticator guard the account from now on, after a first code; answers fresh recovery codes.
pub(crate) async fn confirm(
    session: &Session,
    tenant: &Tenant,
    account: &Account,
    code: &str,
) -> Result<RecoveryCodes> {
    let now = tenant.clock().now();
    if account.guard().is_some() {
        return Err(Refusal::GuardedAlready.into());
    }
    let totp = account.totp.as_ref().ok_or(Refusal::NotEnrolled)?;
    let step = totp.accepts(code, now, None).ok_or(Refusal::CodeDoesNotFit)?;
    if !store::confirm(session, account.id, step, now).await? {
        return Err(Refusal::GuardedAlready.into());
    }
    let codes = RecoveryCodes::mint(&tenant.node().entropy);
    store::keep_recovery(session, account.id, &codes).await?;
    let by = Actor::User { id: account.id, name: account.name.clone() };
    audit::record(session, tenant, &by, "totp.confirm", ("user", account.id), json!({})).await?;
    Ok(codes)
}

/// Takes authenticator and recovery codes away; doing it twice is the same.
pub(crate) async fn disable(session: &Session, tenant: &Tenant, by: &Actor, user: Uuid) -> Result<(), DbError> {
    if store::disable(session, user, tenant.clock().now()).await? {
        audit::record(session, tenant, by, "totp.disable", ("user", user), json!({})).await?;
    }
    Ok(())
}

/// How many recovery codes an account has left.
pub(crate) async fn recovery_codes_left(session: &Session, user: Uuid) -> Result<i64, DbError> {
    store::recovery_codes_left(session, user).await
}
