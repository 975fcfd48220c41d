//! Signing in: throttle, password, second factor, and then a session.
use hotelhub_identity::SessionToken;
use hotelhub_kernel::Key;
use hotelhub_web::Result;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::store;
use super::visitor::Visitor;
use crate::audit::{self, Actor};
use crate::people::model::{Email, Refused};
use crate::people::second_factor::{self, Proof};
use crate::people::users::{self, Account, Status};
use crate::tenancy::{DbError, Session, Tenant};

/// What somebody brings who wants in.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    pub(super) email: String,
    pub(super) password: String,
    /// The authenticator's code or a recovery code, for an account that has one.
    #[serde(default)]
    pub(super) code: Option<String>,
}

/// Somebody who was let in, with the token of the new session.
pub(crate) struct Admitted {
    pub(crate) account: Account,
    pub(crate) token: SessionToken,
}

/// What marks the session tokens of this tenant; those of another are nothing here.
pub(crate) fn session_key(tenant: &Tenant) -> Key {
    tenant.key("session")
}

/// Lets somebody in by password and, where the account has one, second factor.
pub(crate) async fn sign_in(tenant: &Tenant, visitor: &Visitor, wish: SignIn) -> Result<Admitted> {
    let gate = &tenant.node().gate;
    let email = Email::parse(&wish.email).ok_or(Refused::WrongCredentials)?;
    gate.admit(tenant, &email, visitor.address).await?;

    let account = prove_password(tenant, &email, wish.password).await?;
    let proof = second_factor::check(&account, wish.code.as_deref(), tenant.clock().now())?;

    let tx = tenant.begin().await?;
    let outcome = admit(&tx, tenant, visitor, account, proof).await;
    let admitted = tx.settle(outcome).await?;
    gate.forgive(tenant, &email).await;
    Ok(admitted)
}

/// The account whose password this is. The connection is given back before the hash is computed.
async fn prove_password(tenant: &Tenant, email: &Email, password: String) -> Result<Account> {
    let found = users::by_email(&*tenant.connect().await?, email).await?;
    let active = found.filter(|account| account.status == Status::Active);
    let hash = active.as_ref().and_then(|account| account.password.clone());
    let right = tenant.node().gate.matches(password, hash).await?;
    Ok(active.filter(|_| right).ok_or(Refused::WrongCredentials)?)
}

async fn admit(
    session: &Session,
    tenant: &Tenant,
    visitor: &Visitor,
    account: Account,
    proof: Proof,
) -> Result<Admitted> {
    let by = Actor::User { id: account.id, name: account.name.clone() };
    if !second_factor::spend(session, tenant, &by, account.id, &proof).await? {
        return Err(Refused::WrongCode.into());
    }
    let token = open(session, tenant, visitor, &account, proof.as_str()).await?;
    Ok(Admitted { account, token })
}

/// Opens a session for an account that proved itself `by` something.
pub(crate) async fn open(
    session: &Session,
    tenant: &Tenant,
    visitor: &Visitor,
    account: &Account,
    by: &str,
) -> Result<SessionToken, DbError> {
    let token = SessionToken::mint(&session_key(tenant), &tenant.node().entropy);
    let id = tenant.ids().next();
    store::insert(session, id, account.id, &token.hash(), visitor, tenant.clock().now()).await?;
    let actor = Actor::User { id: account.id, name: account.name.clone() };
    audit::record(session, tenant, &actor, "session.open", ("session", id), json!({ "by": by })).await?;
    Ok(token)
}

/// Gives a session a fresh token: whoever knew the old one knows nothing.
pub(crate) async fn rotate(session: &Session, tenant: &Tenant, id: Uuid) -> Result<SessionToken, DbError> {
    let token = SessionToken::mint(&session_key(tenant), &tenant.node().entropy);
    store::rotate(session, id, &token.hash(), tenant.clock().now()).await?;
    Ok(token)
}
