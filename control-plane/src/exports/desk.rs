//! Where staff have tenants exported, and follow it.
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_web::{Listing, Nothing, Posted, Query, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::deeds::{CallOff, Export};
use super::model::Refusal;
use super::{file, store};
use crate::App;
use crate::backups;
use crate::database::DbError;
use crate::staff::{Asked, VendorStaff};

/// What is shown of a tenant.
const LATEST: i64 = 50;

/// The JSON doors, and the one for the file.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, export))
        .routes(routes!(read))
        .routes(routes!(call_off))
        .routes(routes!(file::fetch))
}

/// The latest exports of a tenant, the newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/exports", tag = "exports", params(("id" = Uuid, Path)),
    responses((status = 200, body = Listing<store::Listed>), (status = 401), (status = 403), (status = 404)))]
async fn list(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Listing<store::Listed>> {
    staff.may(StaffPermission::TenantRead)?;
    let mut tx = backups::of_known(&app, TenantId(id)).await?;
    Ok(Listing::whole(store::list(&mut tx, Some(TenantId(id)), None, LATEST).await?))
}

/// Exports all of a tenant's data into one open file, which can be fetched for seven days.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/exports", tag = "exports", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Nothing,
    responses((status = 200, body = store::Listed), (status = 401), (status = 403), (status = 404),
              (status = 409, description = "`export-open`, `no-exchange`, `no-backup-store` or `not-served`")))]
async fn export(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Export(TenantId(id)), (&wish.key, asked.mode())).await
}

/// How an export stands.
#[utoipa::path(get, path = "/api/v1/exports/{id}", tag = "exports", params(("id" = Uuid, Path)),
    responses((status = 200, body = store::Listed), (status = 401), (status = 403), (status = 404)))]
async fn read(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Json<store::Listed>> {
    staff.may(StaffPermission::TenantRead)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    Ok(Json(store::list(&mut conn, None, Some(id), 1).await?.pop().ok_or(Refusal::Unknown)?))
}

/// Calls off an export that is under way.
#[utoipa::path(post, path = "/api/v1/exports/{id}/call-off", tag = "exports", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Nothing,
    responses((status = 200, body = store::Listed), (status = 401), (status = 403), (status = 404),
              (status = 409, description = "`not-under-way`")))]
async fn call_off(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, CallOff(id), (&wish.key, asked.mode())).await
}
