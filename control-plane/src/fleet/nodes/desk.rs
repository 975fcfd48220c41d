//! Where staff look at nodes, and retire what is gone.
use axum::extract::{Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_web::{AppError, Kind, Listing, Nothing, Posted, Result};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Node};
use crate::App;
use crate::audit;
use crate::database::Tx;
use crate::staff::{Act, Mode, VendorStaff};

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(gone))
}

/// Nodes with what they said last, those in service first.
#[utoipa::path(get, path = "/api/v1/nodes", tag = "fleet",
    responses((status = 200, body = Listing<Node>), (status = 401), (status = 403)))]
async fn list(State(app): State<App>, staff: VendorStaff) -> Result<Listing<Node>> {
    staff.may(StaffPermission::FleetRead)?;
    Ok(Listing::whole(store::list(&app.db.durable).await?))
}

/// Retires a node that is gone for good: its token opens nothing, its connection shares are free.
#[utoipa::path(post, path = "/api/v1/nodes/{name}/retire", tag = "fleet", params(("name" = String, Path)),
    request_body = Nothing,
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
async fn gone(
    State(app): State<App>,
    staff: VendorStaff,
    Path(name): Path<String>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Retirement { node: name }, (&wish.key, Mode::ForGood)).await
}

/// A node that is gone for good.
pub(crate) struct Retirement {
    /// Its name.
    pub(crate) node: String,
}

impl Act for Retirement {
    type Told = ();

    fn needs(&self) -> StaffPermission {
        StaffPermission::FleetChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<()> {
        let (now, name) = (app.clock.now(), &*self.node);
        if !store::retire(tx, name, now).await? {
            return Err(AppError::new(Kind::NotFound, "unknown-node", "No node in service has this name."));
        }
        Ok(audit::record(tx, now, &staff.actor(), "node.retire", ("node", name), None, json!({})).await?)
    }
}
