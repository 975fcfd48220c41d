//! The JSON doors of who looks after the staff.
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_web::{Body, Lang, Nothing, Posted, Result};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::change;
use super::model::Change;
use super::store::{self, Member};
use crate::App;
use crate::database::{DbError, Tx};
use crate::staff::links::{self, Invitation, Invite};
use crate::staff::{Act, Mode, VendorStaff};
use crate::wakes::Wake;

pub(crate) fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(invite))
        .routes(routes!(withdraw))
        .routes(routes!(alter))
        .routes(routes!(reset))
        .routes(routes!(end))
}

/// The staff, and who is invited.
#[derive(Serialize, ToSchema)]
pub(super) struct StaffList {
    pub(super) items: Vec<Member>,
    pub(super) invitations: Vec<Invitation>,
}

/// The staff by name, and the open invitations.
#[utoipa::path(get, path = "/api/v1/staff", tag = "staff",
    responses((status = 200, body = StaffList), (status = 401), (status = 403)))]
async fn list(State(app): State<App>, staff: VendorStaff) -> Result<Json<StaffList>> {
    staff.may(StaffPermission::StaffManage)?;
    Ok(Json(everybody(&app).await?))
}

pub(super) async fn everybody(app: &App) -> Result<StaffList> {
    let now = app.clock.now();
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    let items = store::list(&mut conn, None, now).await?;
    Ok(StaffList { items, invitations: links::open_invitations(&mut conn, now).await? })
}

/// Invites somebody by a letter with a link that works once; an earlier invitation of the address is worth nothing then.
#[utoipa::path(post, path = "/api/v1/staff/invitations", tag = "staff", request_body = Invite,
    responses((status = 201, body = Invitation), (status = 401), (status = 403), (status = 409, description = "`email-taken`"),
              (status = 422)))]
async fn invite(State(app): State<App>, staff: VendorStaff, lang: Lang, wish: Posted<Invite>) -> Result<Response> {
    staff.does(&app, Invited(wish.value, lang), (&wish.key, Mode::ForGood)).await
}

/// Somebody to be invited, and the language of the letter.
pub(super) struct Invited(pub(super) Invite, pub(super) Lang);

impl Act for Invited {
    type Told = Invitation;
    const STATUS: StatusCode = StatusCode::CREATED;
    const WAKES: &'static [Wake] = &[Wake::Letters];

    fn needs(&self) -> StaffPermission {
        StaffPermission::StaffManage
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Invitation> {
        links::invite(app, tx, staff, self.0, self.1).await
    }
}

/// Withdraws an invitation: its link opens nothing.
#[utoipa::path(delete, path = "/api/v1/staff/invitations/{id}", tag = "staff", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
async fn withdraw(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<StatusCode> {
    staff.may(StaffPermission::StaffManage)?;
    links::withdraw(&app, &staff, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes role or status. The last super_admin keeps both: 409 `last-admin`.
#[utoipa::path(patch, path = "/api/v1/staff/{id}", tag = "staff", params(("id" = Uuid, Path)), request_body = Change,
    responses((status = 200, body = Member), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn alter(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Body(wish): Body<Change>,
) -> Result<Json<Member>> {
    changed(&app, &staff, id, &wish).await.map(Json)
}

/// Changes role or status, and commits.
pub(super) async fn changed(app: &App, staff: &VendorStaff, id: Uuid, wish: &Change) -> Result<Member> {
    staff.may(StaffPermission::StaffManage)?;
    let mut tx = app.db.begin().await?;
    let member = change::change(app, &mut tx, staff, id, wish).await?;
    tx.commit().await.map_err(DbError::from)?;
    Ok(member)
}

/// What is done to somebody without more to say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    /// A new authenticator by letter.
    ResetAuthenticator(Uuid, Lang),
    /// No session is left.
    EndSessions(Uuid),
}

impl Act for Deed {
    type Told = Member;
    const WAKES: &'static [Wake] = &[Wake::Letters];

    fn needs(&self) -> StaffPermission {
        StaffPermission::StaffManage
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Member> {
        match self {
            Self::ResetAuthenticator(id, lang) => change::reset_authenticator(app, tx, staff, id, lang).await,
            Self::EndSessions(id) => change::end_sessions(app, tx, staff, id).await,
        }
    }
}

/// Resets the authenticator: the old one and the recovery codes are worthless, the sessions end, a letter brings the way to a new one.
#[utoipa::path(post, path = "/api/v1/staff/{id}/reset-authenticator", tag = "staff", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, body = Member), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn reset(
    State(app): State<App>,
    staff: VendorStaff,
    lang: Lang,
    Path(id): Path<Uuid>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Deed::ResetAuthenticator(id, lang), (&wish.key, Mode::ForGood)).await
}

/// Ends every session of somebody.
#[utoipa::path(post, path = "/api/v1/staff/{id}/end-sessions", tag = "staff", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, body = Member), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn end(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Deed::EndSessions(id), (&wish.key, Mode::ForGood)).await
}
