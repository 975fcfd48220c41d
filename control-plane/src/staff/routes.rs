//! The JSON doors of staff sessions.
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use hotelhub_identity::{SessionToken, StaffPermission, StaffRole};
use hotelhub_web::{AppError, Kind, Posted, Result, cookies};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::VendorStaff;
use super::extractor::COOKIE;
use super::sign_in::{self, SignIn, Visitor};
use super::store::{self, LIFETIME, OpenSession};
use crate::App;
use crate::once::{self, Begun, Kept, Scope};

pub(crate) fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(begin, show, end)).routes(routes!(list)).routes(routes!(revoke))
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
struct WhoView {
    staff: StaffView,
    /// The session that asks.
    session_id: Uuid,
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
        let VendorStaff { id, name, email, role, session_id, .. } = staff;
        Self { staff: StaffView { id, name, email, role, permissions }, session_id }
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
    (status = 200, body = WhoView), (status = 401), (status = 422), (status = 429)))]
async fn begin(State(app): State<App>, visitor: Visitor, wish: Posted<SignIn>) -> Result<Response> {
    let scope = Scope::visitor(visitor.address);
    app.staff.admit_address(visitor.address).await?;
    if let Some(kept) = once::kept(&app, &scope, &wish.key).await? {
        return entered_before(&app, kept);
    }
    let proven = sign_in::prove(&app, wish.value).await?;
    let mut tx = match once::begin(&app, &scope, &wish.key).await? {
        Begun::Answered(kept) => return entered_before(&app, kept),
        Begun::Fresh(tx) => tx,
    };
    let email = proven.email().to_owned();
    let staff = sign_in::enter(&app, &mut tx, &visitor, proven).await?;
    let token = sign_in::token(&app, staff.session_id);
    let answer = tx.answer(StatusCode::OK, Ok(WhoView::from(staff))).await?;
    app.staff.forgive(&email).await;
    Ok(with_session(answer, &token))
}

/// The answer to a sign-in that was repeated, with the token of the session it opened then: no other is opened.
fn entered_before(app: &App, kept: Kept) -> Result<Response> {
    #[derive(Deserialize)]
    struct Opened {
        session_id: Uuid,
    }
    let opened: Opened = serde_json::from_slice(&kept.body).map_err(AppError::internal)?;
    Ok(with_session(kept.into(), &sign_in::token(app, opened.session_id)))
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
