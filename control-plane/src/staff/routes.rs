//! The JSON doors of staff sessions.
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use hotelhub_identity::{SessionToken, StaffPermission, StaffRole};
use hotelhub_web::{AppError, Body, Kind, Result, cookies};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::VendorStaff;
use super::extractor::COOKIE;
use super::sign_in::{self, SignIn, Visitor};
use super::store::{self, LIFETIME, OpenSession};
use crate::App;

pub(crate) fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(begin, show, end)).routes(routes!(list)).routes(routes!(revoke))
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
struct WhoView {
    staff: StaffView,
}

/// A member of staff and what the role permits.
#[derive(Serialize, ToSchema)]
struct StaffView {
    id: Uuid,
    name: String,
    email: String,
    #[schema(value_type = String)]
    role: StaffRole,
    #[schema(value_type = Vec<String>)]
    permissions: Vec<StaffPermission>,
}

impl From<VendorStaff> for WhoView {
    fn from(staff: VendorStaff) -> Self {
        let permissions = StaffPermission::ALL.into_iter().filter(|permission| staff.can(*permission)).collect();
        let VendorStaff { id, name, email, role, .. } = staff;
        Self { staff: StaffView { id, name, email, role, permissions } }
    }
}

/// Somebody's open sessions.
#[derive(Serialize, ToSchema)]
struct SessionsView {
    items: Vec<OpenSession>,
    next: Option<String>,
}

/// Signs in with password and code. 401 `wrong-credentials`, `code-needed` or `wrong-code`; 429 after too many tries.
#[utoipa::path(post, path = "/api/v1/session", tag = "staff", request_body = SignIn, responses(
    (status = 200, body = WhoView), (status = 401), (status = 429)))]
async fn begin(State(app): State<App>, visitor: Visitor, Body(wish): Body<SignIn>) -> Result<Response> {
    let (staff, token) = sign_in::sign_in(&app, &visitor, wish).await?;
    Ok(with_session(Json(WhoView::from(staff)).into_response(), &token))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "staff", responses((status = 200, body = WhoView), (status = 401)))]
async fn show(staff: VendorStaff) -> Json<WhoView> {
    Json(WhoView::from(staff))
}

/// Signs out; also who is not signed in.
#[utoipa::path(delete, path = "/api/v1/session", tag = "staff", responses((status = 204)))]
async fn end(State(app): State<App>, staff: Option<VendorStaff>) -> Result<Response> {
    if let Some(staff) = staff {
        sign_in::end(&app, &staff, staff.session_id).await?;
    }
    Ok(without_session(StatusCode::NO_CONTENT.into_response()))
}

/// One's own open sessions, the newest first.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "staff", responses((status = 200, body = SessionsView)))]
async fn list(State(app): State<App>, staff: VendorStaff) -> Result<Json<SessionsView>> {
    let items = store::list(&app.db.durable, staff.id, app.clock.now()).await?;
    Ok(Json(SessionsView { items, next: None }))
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "staff", params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 404)))]
async fn revoke(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<StatusCode> {
    let unknown = || AppError::new(Kind::NotFound, "no-such-session", "You have no open session of this id.");
    if sign_in::end(&app, &staff, id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

/// Hands a browser the token of its session.
pub(super) fn with_session(mut response: Response, token: &SessionToken) -> Response {
    let cookie = cookies::set_host(COOKIE, &token.as_cookie(), LIFETIME.unsigned_abs());
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

/// Takes a browser its token away.
pub(super) fn without_session(mut response: Response) -> Response {
    response.headers_mut().append(SET_COOKIE, cookies::clear(COOKIE));
    response
}
