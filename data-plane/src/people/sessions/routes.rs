//! The JSON doors of sessions.
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use hotelhub_identity::{HotelRole, Permission, Permissions, SessionToken};
use hotelhub_kernel::{Cursor, Page};
use hotelhub_web::{AppError, Body, Kind, PageQuery, Result, cookies};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::{LIFETIME, OpenSession};
use super::sign_in::{SignIn, sign_in};
use super::staff::{COOKIE, MaybeStaff, Staff};
use super::store;
use super::visitor::Visitor;
use crate::audit;
use crate::node::Node;
use crate::tenancy::{Session, Tenant};

pub(crate) fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(begin, show, end)).routes(routes!(list)).routes(routes!(revoke))
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
struct WhoView {
    user: UserView,
}

/// Somebody of the hotel and what their roles permit.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserView {
    id: Uuid,
    name: String,
    email: String,
    #[schema(value_type = Vec<String>)]
    roles: Vec<HotelRole>,
    #[schema(value_type = Vec<String>)]
    permissions: Vec<Permission>,
    email_confirmed: bool,
}

impl UserView {
    fn of(staff: Staff) -> Self {
        let permissions = listed(staff.permissions());
        let Staff { user_id: id, name, email, roles, email_confirmed, .. } = staff;
        Self { id, name, email, roles, permissions, email_confirmed }
    }
}

fn listed(permissions: Permissions) -> Vec<Permission> {
    permissions.iter().collect()
}

/// An open session.
#[derive(Serialize, ToSchema)]
struct SessionView {
    id: Uuid,
    /// The address it was opened from.
    address: String,
    /// What the browser calls itself.
    agent: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Whether this is the session that asks.
    current: bool,
}

/// A page of sessions.
#[derive(Serialize, ToSchema)]
struct SessionsView {
    items: Vec<SessionView>,
    next: Option<String>,
}

/// Signs in. 401 `wrong-credentials`, `code-needed` or `wrong-code`; 429 after too many tries.
#[utoipa::path(post, path = "/api/v1/session", tag = "people", request_body = SignIn, responses(
    (status = 200, body = WhoView), (status = 401), (status = 429)))]
async fn begin(tenant: Tenant, visitor: Visitor, Body(wish): Body<SignIn>) -> Result<Response> {
    let admitted = sign_in(&tenant, &visitor, wish).await?;
    let account = admitted.account;
    let user = UserView {
        permissions: listed(account.permissions()),
        id: account.id,
        name: account.name,
        email: account.email,
        roles: account.roles,
        email_confirmed: account.email_confirmed,
    };
    Ok(with_session(Json(WhoView { user }).into_response(), &admitted.token))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "people", responses((status = 200, body = WhoView), (status = 401)))]
async fn show(staff: Staff) -> Json<WhoView> {
    Json(WhoView { user: UserView::of(staff) })
}

/// Signs out; also who is not signed in.
#[utoipa::path(delete, path = "/api/v1/session", tag = "people", responses((status = 204)))]
async fn end(tenant: Tenant, MaybeStaff(staff): MaybeStaff) -> Result<Response> {
    sign_out(&tenant, staff.as_ref()).await?;
    Ok(without_session(StatusCode::NO_CONTENT.into_response()))
}

/// One's own open sessions, the newest first.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "people", responses((status = 200, body = SessionsView)))]
async fn list(tenant: Tenant, staff: Staff, page: PageQuery) -> Result<Json<SessionsView>> {
    let after = page.cursor.map(|cursor| cursor.id);
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX) + 1;
    let conn = tenant.connect().await?;
    let rows = store::list(&conn, staff.user_id, tenant.clock().now(), after, limit).await?;
    let place = |row: &OpenSession| Cursor { key: String::new(), id: row.id };
    let Page { items, next } = Page::cut(rows, page.limit, place);
    let view = |open: OpenSession| SessionView {
        current: open.id == staff.session_id,
        id: open.id,
        address: open.address,
        agent: open.agent,
        created_at: open.created_at,
        last_seen_at: open.last_seen_at,
        expires_at: open.expires_at,
    };
    Ok(Json(SessionsView { items: items.into_iter().map(view).collect(), next: next.map(String::from) }))
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "people", params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 404)))]
async fn revoke(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>) -> Result<StatusCode> {
    let tx = tenant.begin().await?;
    let outcome = end_one(&tx, &tenant, &staff, id).await;
    let unknown = || AppError::new(Kind::NotFound, "no-such-session", "You have no open session of this id.");
    if tx.settle(outcome).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

/// Ends one of somebody's own sessions; answers whether there was one of that id.
pub(crate) async fn end_one(session: &Session, tenant: &Tenant, staff: &Staff, id: Uuid) -> Result<bool> {
    revoke_recorded(session, tenant, staff, id, "session.revoke").await
}

/// Ends the session that asks, if it is one.
pub(super) async fn sign_out(tenant: &Tenant, staff: Option<&Staff>) -> Result<()> {
    let Some(staff) = staff else { return Ok(()) };
    let tx = tenant.begin().await?;
    let outcome = revoke_recorded(&tx, tenant, staff, staff.session_id, "session.close").await;
    tx.settle(outcome).await?;
    Ok(())
}

async fn revoke_recorded(session: &Session, tenant: &Tenant, staff: &Staff, id: Uuid, action: &str) -> Result<bool> {
    let ended = store::revoke(session, id, staff.user_id, tenant.clock().now()).await?;
    if ended {
        audit::record(session, tenant, &staff.actor(), action, ("session", id), json!({})).await?;
    }
    Ok(ended)
}

/// Hands a browser the token of its session.
pub(crate) fn with_session(mut response: Response, token: &SessionToken) -> Response {
    let cookie = cookies::set_host(COOKIE, &token.as_cookie(), LIFETIME.unsigned_abs());
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

/// Takes a browser its token away.
pub(crate) fn without_session(mut response: Response) -> Response {
    response.headers_mut().append(SET_COOKIE, cookies::clear(COOKIE));
    response
}
