//! Links that work once, and only when their page's button is pressed: programs that read mail open links, they press nothing.
mod model;
mod pages;
mod store;

pub(crate) use model::{Purpose, Spent};
#[cfg(test)]
pub(crate) use pages::LinkPage;
pub(crate) use pages::{mail_was_read, pages, spent, used};
pub(crate) use store::{ASKED_FIRST, STATEMENTS};

use hotelhub_identity::LinkToken;
use uuid::Uuid;

use crate::tenancy::{DbError, Session, Tenant};

/// A fresh link's token for somebody.
pub(crate) async fn issue(
    session: &Session,
    tenant: &Tenant,
    user: Uuid,
    purpose: Purpose,
) -> Result<LinkToken, DbError> {
    let token = LinkToken::mint(&tenant.node().entropy);
    keep(session, tenant, user, purpose, &token).await?;
    Ok(token)
}

/// Lets a token that a letter carries already work for somebody.
pub(crate) async fn keep(
    session: &Session,
    tenant: &Tenant,
    user: Uuid,
    purpose: Purpose,
    token: &LinkToken,
) -> Result<(), DbError> {
    store::insert(session, &token.hash(), user, purpose, tenant.clock().now()).await
}

/// Whose a link is, if it would work now; it is not used up.
pub(crate) async fn owner(
    session: &Session,
    tenant: &Tenant,
    token: &LinkToken,
    purpose: Purpose,
) -> Result<Option<Uuid>, DbError> {
    store::owner(session, &token.hash(), purpose, tenant.clock().now()).await
}

/// Uses a link up: whose it was, or nothing when it does not work.
pub(crate) async fn use_up(
    session: &Session,
    tenant: &Tenant,
    token: &LinkToken,
    purpose: Purpose,
) -> Result<Option<Uuid>, DbError> {
    store::use_up(session, &token.hash(), purpose, tenant.clock().now()).await
}

/// Makes every open link of somebody for this purpose worthless.
pub(crate) async fn withdraw(session: &Session, tenant: &Tenant, user: Uuid, purpose: Purpose) -> Result<(), DbError> {
    store::use_up_all(session, user, purpose, tenant.clock().now()).await
}
