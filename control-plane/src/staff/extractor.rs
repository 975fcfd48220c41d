//! Who asks: the extractor that every door of the vendor's people takes.
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use hotelhub_identity::{SessionToken, StaffPermission, StaffRole};
use hotelhub_web::preferences::see_other;
use hotelhub_web::{AppError, Kind, Result, cookies};
use uuid::Uuid;

use super::sign_in::session_key;
use super::{store, tokens};
use crate::App;
use crate::audit::Actor;
use crate::once::Scope;

/// Somebody of the vendor, signed in with both factors.
#[derive(Clone, Debug)]
pub struct VendorStaff {
    /// The account.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its mail address.
    pub email: String,
    /// Its role.
    pub role: StaffRole,
    /// What a script's token may at most; none for a person.
    pub limit: Option<StaffRole>,
    /// The session this request came with, or the token.
    pub session_id: Uuid,
}

impl VendorStaff {
    /// Refuses what the role does not permit: 403 `not-permitted`, with the permission that is lacking.
    pub fn may(&self, permission: StaffPermission) -> Result<()> {
        if self.can(permission) {
            return Ok(());
        }
        let detail = "Your role does not permit this.";
        Err(AppError::new(Kind::Forbidden, "not-permitted", detail).with("permission", permission.as_str()))
    }

    /// Whether the role permits this: for pages that leave out what is not permitted.
    pub fn can(&self, permission: StaffPermission) -> bool {
        self.role.may(permission) && self.limit.is_none_or(|limit| limit.may(permission))
    }

    /// Whose idempotency keys these are.
    pub(crate) fn scope(&self) -> Scope {
        Scope::staff(self.id)
    }

    /// Whom the audit log names.
    pub fn actor(&self) -> Actor {
        Actor::Staff { id: self.id, name: self.name.clone() }
    }
}

/// The name of the session's cookie, without its `__Host-`.
pub(super) const COOKIE: &str = "session";

impl OptionalFromRequestParts<App> for VendorStaff {
    type Rejection = AppError;

    /// Session, account and role are read in one statement; a cookie that was not marked here asks no database. Whoever shows a token is
    /// known by that alone.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>> {
        if let Some(token) = tokens::shown(&parts.headers) {
            return Ok(if is_for_scripts(parts.uri.path()) { tokens::bearer(app, token).await? } else { None });
        }
        let cookie = cookies::read(&parts.headers, COOKIE);
        let token = cookie.and_then(|cookie| SessionToken::read(&session_key(app), cookie));
        let Some(token) = token else { return Ok(None) };
        let known = store::who(&app.db.durable, &token.hash(), app.clock.now()).await?;
        Ok(known.map(|known| Self {
            id: known.id,
            name: known.name,
            email: known.email,
            role: known.role,
            limit: None,
            session_id: known.session,
        }))
    }
}

impl FromRequestParts<App> for VendorStaff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let found = <Self as OptionalFromRequestParts<App>>::from_request_parts(parts, app).await;
        found.map_err(AppError::into_response)?.ok_or_else(|| turned_away(parts))
    }
}

/// What a token opens, behind `/api/v1/`: neither the pages, nor what belongs to a person or looks after persons.
const FOR_SCRIPTS: [&str; 14] = [
    "base-backups",
    "tenants",
    "backups",
    "restores",
    "exports",
    "imports",
    "moves",
    "orders",
    "clusters",
    "nodes",
    "rollouts",
    "chores",
    "strays",
    "audit",
];

fn is_for_scripts(path: &str) -> bool {
    let door = path.strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next());
    door.is_some_and(|door| FOR_SCRIPTS.contains(&door))
}

/// 401 for a program; for a person the sign-in page, and back from there.
fn turned_away(parts: &Parts) -> Response {
    let path = parts.uri.path();
    if path.starts_with("/api/") {
        return AppError::new(Kind::Unauthenticated, "not-signed-in", "Sign in first.").into_response();
    }
    let back = if parts.method == Method::GET { path } else { "/vendor" };
    see_other(&format!("/vendor/login?next={back}"), None)
}
