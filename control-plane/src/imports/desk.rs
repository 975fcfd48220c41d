//! Where staff have exported hotels brought in, and follow it.
use axum::Json;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_web::{Posted, Query, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::deeds::{Deed, File};
use super::model::{LONGEST_PIECE, Refusal};
use super::{pieces, store};
use crate::App;
use crate::database::DbError;
use crate::signup::Wish;
use crate::staff::{Asked, VendorStaff};

/// The JSON doors, and the one for the file.
pub fn doors() -> OpenApiRouter<App> {
    let heavy = OpenApiRouter::new().routes(routes!(pieces::take)).layer(DefaultBodyLimit::max(LONGEST_PIECE));
    OpenApiRouter::new().routes(routes!(arrive)).routes(routes!(read)).routes(routes!(begin)).merge(heavy)
}

/// Says that an exported hotel comes, and what it is to be: as a sign-up does. Its file follows in pieces.
#[utoipa::path(post, path = "/api/v1/imports", tag = "imports", params(("dry_run" = Option<bool>, Query)), request_body = Wish,
    responses((status = 200, body = store::Listed), (status = 401), (status = 403),
              (status = 409, description = "`no-exchange`, `slug-taken` or `no-room-to-import`"), (status = 422)))]
async fn arrive(
    State(app): State<App>,
    staff: VendorStaff,
    Query(asked): Query<Asked>,
    wish: Posted<Wish>,
) -> Result<Response> {
    staff.does(&app, Deed::Await(wish.value), (&wish.key, asked.mode())).await
}

/// How an import stands.
#[utoipa::path(get, path = "/api/v1/imports/{id}", tag = "imports", params(("id" = Uuid, Path)),
    responses((status = 200, body = store::Listed), (status = 401), (status = 403), (status = 404)))]
async fn read(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Json<store::Listed>> {
    staff.may(StaffPermission::TenantRead)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    Ok(Json(store::find(&mut conn, id).await?.ok_or(Refusal::Unknown)?))
}

/// Has the file that arrived looked through and filled into a new database.
#[utoipa::path(post, path = "/api/v1/imports/{id}/begin", tag = "imports", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = File,
    responses((status = 200, body = store::Listed), (status = 401), (status = 403), (status = 404),
              (status = 409, description = "`import-begun`, `incomplete-file`, `slug-taken` or `no-room-to-import`")))]
async fn begin(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<File>,
) -> Result<Response> {
    staff.does(&app, Deed::Begin(id, wish.value), (&wish.key, asked.mode())).await
}
