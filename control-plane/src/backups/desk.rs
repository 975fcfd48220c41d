//! Where staff have tenants backed up and backups restored, and follow it.
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_web::{Listing, Nothing, Posted, Query, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::deeds::{Deed, DrillWish, RestoreWish};
use super::model::Refusal;
use super::{restores, store};
use crate::App;
use crate::database::{DbError, Tx};
use crate::staff::{Asked, VendorStaff};
use crate::tenants;

/// What is shown of a tenant.
const LATEST: i64 = 50;

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, back_up))
        .routes(routes!(list_restores, restore))
        .routes(routes!(drill))
        .routes(routes!(read))
        .routes(routes!(read_restore))
        .routes(routes!(undo))
        .routes(routes!(call_off))
        .merge(super::bases::doors())
}

/// The latest backups of a tenant, the newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/backups", tag = "backups", params(("id" = Uuid, Path)),
    responses((status = 200, body = Listing<store::Listed>), (status = 401), (status = 403), (status = 404)))]
async fn list(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Listing<store::Listed>> {
    staff.may(StaffPermission::TenantRead)?;
    let mut tx = of_known(&app, TenantId(id)).await?;
    Ok(Listing::whole(store::list(&mut tx, Some(TenantId(id)), None, LATEST).await?))
}

/// Backs a tenant up now.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/backups", tag = "backups", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Nothing,
    responses((status = 200, body = store::Listed), (status = 401), (status = 403), (status = 404),
              (status = 409, description = "`backup-open`, `no-backup-store` or `not-served`")))]
async fn back_up(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Deed::BackUp(TenantId(id)), (&wish.key, asked.mode())).await
}

/// The latest restores of a tenant's backups, and into it, the newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/restores", tag = "backups", params(("id" = Uuid, Path)),
    responses((status = 200, body = Listing<restores::Listed>), (status = 401), (status = 403), (status = 404)))]
async fn list_restores(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
) -> Result<Listing<restores::Listed>> {
    staff.may(StaffPermission::TenantRead)?;
    let mut tx = of_known(&app, TenantId(id)).await?;
    Ok(Listing::whole(restores::list(&mut tx, Some(TenantId(id)), None, LATEST).await?))
}

/// A transaction about a tenant that there is, or was.
pub(crate) async fn of_known(app: &App, tenant: TenantId) -> Result<Tx> {
    let mut tx = app.db.begin().await?;
    if tenants::is_known(&mut tx, tenant).await? { Ok(tx) } else { Err(Refusal::UnknownTenant.into()) }
}

/// Restores a backup: in its tenant's place, which is closed meanwhile, or as a new tenant.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/restores", tag = "backups", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = RestoreWish,
    responses((status = 200, body = restores::Listed), (status = 401), (status = 403), (status = 404),
              (status = 409, description = "`foreign-backup`, `not-a-good-backup`, `no-good-backup`, `restore-open`, `no-backup-store`, \
               `not-served`, `backups-removed`, `slug-taken`, `no-base-backup` or `not-archiving`"),
              (status = 422, description = "`other-name`, `not-come-yet`, `no-instant` or `backup-and-instant`")))]
async fn restore(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<RestoreWish>,
) -> Result<Response> {
    staff.does(&app, Deed::Restore(TenantId(id), wish.value), (&wish.key, asked.mode())).await
}

/// Restores a backup beside its tenant, compares every row, and drops it again: tells whether it can be done and how long it takes.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/drills", tag = "backups", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = DrillWish,
    responses((status = 200, body = restores::Listed), (status = 401), (status = 403), (status = 404), (status = 409)))]
async fn drill(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<DrillWish>,
) -> Result<Response> {
    staff.does(&app, Deed::Drill(TenantId(id), wish.value), (&wish.key, asked.mode())).await
}

/// How a backup stands.
#[utoipa::path(get, path = "/api/v1/backups/{id}", tag = "backups", params(("id" = Uuid, Path)),
    responses((status = 200, body = store::Listed), (status = 401), (status = 403), (status = 404)))]
async fn read(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Json<store::Listed>> {
    staff.may(StaffPermission::TenantRead)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    Ok(Json(store::list(&mut conn, None, Some(id), 1).await?.pop().ok_or(Refusal::UnknownBackup)?))
}

/// How a restore stands.
#[utoipa::path(get, path = "/api/v1/restores/{id}", tag = "backups", params(("id" = Uuid, Path)),
    responses((status = 200, body = restores::Listed), (status = 401), (status = 403), (status = 404)))]
async fn read_restore(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
) -> Result<Json<restores::Listed>> {
    staff.may(StaffPermission::TenantRead)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    Ok(Json(restores::list(&mut conn, None, Some(id), 1).await?.pop().ok_or(Refusal::UnknownRestore)?))
}

/// Gives a tenant back what a restore in its place had replaced. What was written since is set aside in its turn.
#[utoipa::path(post, path = "/api/v1/restores/{id}/undo", tag = "backups", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Nothing,
    responses((status = 200, body = restores::Listed), (status = 401), (status = 403), (status = 404),
              (status = 409, description = "`not-undone`")))]
async fn undo(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Deed::Undo(id), (&wish.key, asked.mode())).await
}

/// Calls off a restore or a drill that is under way: the hotel stays as it is, and is opened where it was closed for it.
#[utoipa::path(post, path = "/api/v1/restores/{id}/call-off", tag = "backups", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Nothing,
    responses((status = 200, body = restores::Listed), (status = 401), (status = 403), (status = 404),
              (status = 409, description = "`not-under-way`")))]
async fn call_off(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Deed::CallOff(id), (&wish.key, asked.mode())).await
}
