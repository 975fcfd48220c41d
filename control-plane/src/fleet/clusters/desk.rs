//! Where staff look at clusters, and close one to new hotels.
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_web::{AppError, Kind, Listing, Nothing, Posted, RequestKey, Result};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Intake, Listed};
use crate::App;
use crate::audit;
use crate::database::Tx;
use crate::once::{self, Begun};
use crate::staff::VendorStaff;
use crate::wakes::Wake;

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(close)).routes(routes!(open))
}

/// Clusters with what they hold.
#[utoipa::path(get, path = "/api/v1/clusters", tag = "fleet",
    responses((status = 200, body = Listing<Listed>), (status = 401), (status = 403)))]
async fn list(State(app): State<App>, staff: VendorStaff) -> Result<Listing<Listed>> {
    staff.may(StaffPermission::FleetRead)?;
    Ok(Listing::whole(store::list(&app.db.durable).await?))
}

/// Closes a cluster to new hotels; those it has go on. A closed one stays as it is.
#[utoipa::path(post, path = "/api/v1/clusters/{id}/close", tag = "fleet", params(("id" = String, Path)),
    request_body = Nothing,
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
async fn close(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<String>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    set(&app, &staff, &id, Intake::Closed, &wish.key).await
}

/// Opens a closed cluster to new hotels again. An open one stays as it is.
#[utoipa::path(post, path = "/api/v1/clusters/{id}/open", tag = "fleet", params(("id" = String, Path)),
    request_body = Nothing,
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
async fn open(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<String>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    set(&app, &staff, &id, Intake::Open, &wish.key).await
}

/// Opens or closes a cluster to new hotels, once for each key.
pub(crate) async fn set(
    app: &App,
    staff: &VendorStaff,
    id: &str,
    intake: Intake,
    key: &RequestKey,
) -> Result<Response> {
    staff.may(StaffPermission::FleetChange)?;
    let mut tx = match once::begin(app, &staff.scope(), key).await? {
        Begun::Answered(kept) => return Ok(kept.into()),
        Begun::Fresh(tx) => tx,
    };
    let outcome = changed(app, &mut tx, staff, id, intake).await;
    let answer = tx.answer(StatusCode::NO_CONTENT, outcome).await?;
    app.wakes.wake(Wake::Orders);
    Ok(answer)
}

async fn changed(app: &App, tx: &mut Tx, staff: &VendorStaff, id: &str, intake: Intake) -> Result<()> {
    let unknown = || AppError::new(Kind::NotFound, "unknown-cluster", "No cluster has this name.");
    if store::set_intake(tx, id, intake).await?.ok_or_else(unknown)? {
        let (now, action) = (app.clock.now(), intake.action());
        audit::record(tx, now, &staff.actor(), action, ("cluster", id), None, json!({})).await?;
    }
    Ok(())
}
