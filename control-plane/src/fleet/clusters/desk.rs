//! Where staff look at clusters, and close one to new hotels.
use axum::extract::{Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_web::{AppError, Kind, Listing, Nothing, Posted, Result};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Intake, Listed};
use crate::App;
use crate::audit;
use crate::database::Tx;
use crate::staff::{Act, Mode, VendorStaff};

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(close)).routes(routes!(open)).routes(routes!(drain))
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
    staff.does(&app, Turn { cluster: id, intake: Intake::Closed }, (&wish.key, Mode::ForGood)).await
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
    staff.does(&app, Turn { cluster: id, intake: Intake::Open }, (&wish.key, Mode::ForGood)).await
}

/// Has a cluster emptied: it takes no new hotels, and those it has move away, a few at a time, while they are served. One whose emptying
/// stands still goes on; `open` and `close` end it.
#[utoipa::path(post, path = "/api/v1/clusters/{id}/drain", tag = "fleet", params(("id" = String, Path)),
    request_body = Nothing,
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
async fn drain(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<String>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Turn { cluster: id, intake: Intake::Draining }, (&wish.key, Mode::ForGood)).await
}

/// A cluster opened or closed to new hotels.
pub(crate) struct Turn {
    /// Its name.
    pub(crate) cluster: String,
    /// Whether it takes new hotels from now on.
    pub(crate) intake: Intake,
}

impl Act for Turn {
    type Told = ();

    fn needs(&self) -> StaffPermission {
        StaffPermission::FleetChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<()> {
        let unknown = || AppError::new(Kind::NotFound, "unknown-cluster", "No cluster has this name.");
        let id = &*self.cluster;
        if store::set_intake(tx, id, self.intake, app.clock.now()).await?.ok_or_else(unknown)? {
            let (now, action) = (app.clock.now(), self.intake.action());
            audit::record(tx, now, &staff.actor(), action, ("cluster", id), None, json!({})).await?;
        }
        Ok(())
    }
}
