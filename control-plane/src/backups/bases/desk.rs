//! Where staff have a whole server copied, and follow it.
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_protocol::ClusterId;
use hotelhub_web::{Listing, Nothing, Posted, Query, Result};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::jobs;
use super::model::Refusal;
use super::store::{self, Listed};
use crate::App;
use crate::audit;
use crate::backups::deeds::taken;
use crate::backups::jobs::ASKED;
use crate::database::{DbError, Tx};
use crate::staff::{Act, Asked, VendorStaff};

/// What is shown of a cluster.
const LATEST: i64 = 50;

/// The JSON doors.
pub(in crate::backups) fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, take)).routes(routes!(read))
}

/// The latest base backups of a cluster, the newest first.
#[utoipa::path(get, path = "/api/v1/clusters/{id}/base-backups", tag = "backups", params(("id" = String, Path)),
    responses((status = 200, body = Listing<Listed>), (status = 401), (status = 403)))]
async fn list(State(app): State<App>, staff: VendorStaff, Path(id): Path<String>) -> Result<Listing<Listed>> {
    staff.may(StaffPermission::FleetRead)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    Ok(Listing::whole(store::list(&mut conn, Some(&id), None, LATEST).await?))
}

/// Copies a whole cluster now: any instant from then on can be made of it for one hotel.
#[utoipa::path(post, path = "/api/v1/clusters/{id}/base-backups", tag = "backups", params(("id" = String, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Nothing,
    responses((status = 200, body = Listed), (status = 401), (status = 403), (status = 404),
              (status = 409, description = "`base-backup-open`, `no-backup-store` or `not-archiving`")))]
async fn take(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Take(ClusterId(id)), (&wish.key, asked.mode())).await
}

/// How a base backup stands.
#[utoipa::path(get, path = "/api/v1/base-backups/{id}", tag = "backups", params(("id" = Uuid, Path)),
    responses((status = 200, body = Listed), (status = 401), (status = 403), (status = 404)))]
async fn read(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Json<Listed>> {
    staff.may(StaffPermission::FleetRead)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    Ok(Json(store::list(&mut conn, None, Some(id), 1).await?.pop().ok_or(Refusal::UnknownBase)?))
}

/// A cluster copied now.
struct Take(ClusterId);

impl Act for Take {
    type Told = Listed;

    fn needs(&self) -> StaffPermission {
        StaffPermission::FleetChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Listed> {
        let (cluster, now) = (self.0, app.clock.now());
        jobs::must_archive(tx, &cluster, now).await?;
        let placed = jobs::place(app, tx, &cluster, ("asked", &staff.name, ASKED)).await;
        let id = placed.map_err(|error| taken(error, "base_backups_one_at_a_time", Refusal::UnderWay))?;
        let (subject, details) = (("cluster", cluster.0.as_str()), json!({ "base_backup": id }));
        audit::record(tx, now, &staff.actor(), "cluster.base_backup", subject, None, details).await?;
        Ok(store::list(tx, None, Some(id), 1).await?.pop().ok_or(Refusal::UnknownBase)?)
    }
}
