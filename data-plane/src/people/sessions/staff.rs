//! Who asks: the extractors that every door of the hotel's people takes.
use axum::extract::{FromRequestParts, MatchedPath, OptionalFromRequestParts};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use hotelhub_identity::{HotelRole, Permission, Permissions, SessionToken};
use hotelhub_web::preferences::see_other;
use hotelhub_web::{AppError, Kind, Lang, Result, cookies};
use uuid::Uuid;

use super::sign_in::session_key;
use super::store::{self, Known};
use crate::audit::Actor;
use crate::tenancy::{Scope, Tenant};

/// Somebody of the hotel, signed in. The session, the account and its roles are read in one statement.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The account.
    pub user_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its mail address.
    pub email: String,
    /// Its roles.
    pub roles: Vec<HotelRole>,
    /// The language it chose.
    pub lang: Lang,
    /// Whether letters to its address are known to be read.
    pub email_confirmed: bool,
    /// Whether the account can be opened with a password, not only with a letter's link.
    pub has_password: bool,
    /// The session this request came with.
    pub session_id: Uuid,
    permissions: Permissions,
}

impl Staff {
    /// Refuses what none of the roles permits: 403 `not-permitted`, with the permission that is lacking.
    pub fn may(&self, permission: Permission) -> Result<()> {
        if self.can(permission) {
            return Ok(());
        }
        let detail = "Your roles do not permit this.";
        Err(AppError::new(Kind::Forbidden, "not-permitted", detail).with("permission", permission.as_str()))
    }

    /// Whether one of the roles permits this: for pages that leave out what is not permitted.
    pub fn can(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    /// All that the roles permit together.
    pub fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// Whose idempotency keys these are.
    pub fn scope(&self) -> Scope {
        Scope::user(self.user_id)
    }

    /// Whom the audit log names.
    pub fn actor(&self) -> Actor {
        Actor::User { id: self.user_id, name: self.name.clone() }
    }
}

impl From<Known> for Staff {
    fn from(known: Known) -> Self {
        Self {
            permissions: HotelRole::union(&known.roles),
            user_id: known.user,
            name: known.name,
            email: known.email,
            roles: known.roles,
            lang: known.lang,
            email_confirmed: known.email_confirmed,
            has_password: known.has_password,
            session_id: known.session,
        }
    }
}

/// Somebody of the hotel, if anybody is signed in: for pages that strangers see as well.
#[derive(Clone, Debug)]
pub struct MaybeStaff(pub Option<Staff>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeStaff {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let tenant = <Tenant as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let found = Self(recognise(parts, &tenant).await?);
        parts.extensions.insert(found.clone());
        Ok(found)
    }
}

/// Whose session the cookie names. A cookie that this tenant did not mark is nobody's, and no database is asked.
async fn recognise(parts: &Parts, tenant: &Tenant) -> Result<Option<Staff>> {
    let cookie = cookies::read(&parts.headers, COOKIE);
    let Some(token) = cookie.and_then(|cookie| SessionToken::read(&session_key(tenant), cookie)) else {
        return Ok(None);
    };
    let conn = tenant.connect().await?;
    let known = store::who(&conn, &token.hash(), tenant.clock().now()).await?;
    if let Some(known) = &known {
        hotelhub_web::subject::is_user(known.user);
    }
    Ok(known.map(Staff::from))
}

/// The name of the session's cookie, without its `__Host-`.
pub(super) const COOKIE: &str = "session";

impl<S: Send + Sync> FromRequestParts<S> for Staff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let MaybeStaff(found) = MaybeStaff::from_request_parts(parts, state).await.map_err(AppError::into_response)?;
        found.ok_or_else(|| turned_away(parts))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Staff {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>> {
        Ok(MaybeStaff::from_request_parts(parts, state).await?.0)
    }
}

/// 401 for a program; for a person the sign-in page, and back from there.
fn turned_away(parts: &Parts) -> Response {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    // The uri of a nested router has lost its beginning; the matched path has not.
    let door = parts.extensions.get::<MatchedPath>().map_or(path, MatchedPath::as_str);
    if door.starts_with("/api/") {
        let detail = "Sign in first.";
        return AppError::new(Kind::Unauthenticated, "not-signed-in", detail).into_response();
    }
    let back = if parts.method == Method::GET { path } else { "/desk" };
    see_other(&format!("/login?next={}", escaped(back)), None)
}

/// A path as the value of a query parameter.
fn escaped(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}
