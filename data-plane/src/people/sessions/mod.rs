//! Sessions: who is signed in where. Opened by a password or a link, known by the hash of a token, ended one by one or all at once.
mod model;
mod pages;
mod routes;
mod sign_in;
mod staff;
mod store;
mod visitor;

pub(crate) use model::OpenSession;
#[cfg(test)]
pub(crate) use pages::LoginPage;
pub(crate) use pages::pages;
pub(crate) use routes::{end_one, router, with_session};
pub(crate) use sign_in::{open, rotate};
pub use staff::{MaybeStaff, Staff};
pub(crate) use store::{ASKED_FIRST, STATEMENTS};
pub(crate) use visitor::Visitor;

use uuid::Uuid;

use crate::tenancy::{DbError, Session, Tenant};

/// Ends every session of an account but the one kept; how many ended.
pub(crate) async fn end_all_but(
    session: &Session,
    tenant: &Tenant,
    user: Uuid,
    kept: Option<Uuid>,
) -> Result<u64, DbError> {
    store::revoke_all_but(session, user, kept, tenant.clock().now()).await
}

/// Up to `limit` open sessions of an account, the newest first, behind the one named `after`.
pub(crate) async fn open_sessions(
    session: &Session,
    tenant: &Tenant,
    user: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<OpenSession>, DbError> {
    store::list(session, user, tenant.clock().now(), after, limit).await
}
