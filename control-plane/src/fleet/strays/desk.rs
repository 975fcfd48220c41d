//! Where staff look at strays, and have one dropped.
use axum::extract::{Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_web::{AppError, Kind, Listing, Nothing, Posted, Result};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Listed};
use crate::App;
use crate::audit;
use crate::database::Tx;
use crate::fleet::ready::{self, Going};
use crate::staff::{Act, Mode, VendorStaff};

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(let_go))
}

/// What lies on a server and should not, or should and does not, each with what to do; the worst first.
#[utoipa::path(get, path = "/api/v1/strays", tag = "fleet",
    responses((status = 200, body = Listing<Listed>), (status = 401), (status = 403)))]
async fn show(State(app): State<App>, staff: VendorStaff) -> Result<Listing<Listed>> {
    staff.may(StaffPermission::FleetRead)?;
    Ok(Listing::whole(store::list(&app.db.durable).await?))
}

/// Orders a stray database or role to be dropped. One that is somebody's house is refused by the worker, and the order shows whose.
#[utoipa::path(post, path = "/api/v1/strays/{name}/drop", tag = "fleet", params(("name" = String, Path)),
    request_body = Nothing,
    responses((status = 204), (status = 401), (status = 403), (status = 404, description = "`no-stray`")))]
async fn let_go(
    State(app): State<App>,
    staff: VendorStaff,
    Path(name): Path<String>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Disposal { stray: name }, (&wish.key, Mode::ForGood)).await
}

/// A stray to be dropped.
pub(crate) struct Disposal {
    /// Its name.
    pub(crate) stray: String,
}

impl Act for Disposal {
    type Told = ();

    fn needs(&self) -> StaffPermission {
        StaffPermission::FleetChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<()> {
        let none = || AppError::new(Kind::NotFound, "no-stray", "Nothing of this name is too much on any server.");
        let (now, name) = (app.clock.now(), self.stray);
        let cluster = store::take(tx, &name).await?.ok_or_else(none)?;
        if !store::condemn(tx, &name, &cluster, now).await? {
            return Err(none());
        }
        let details = json!({ "cluster": cluster.0 });
        audit::record(tx, now, &staff.actor(), "stray.drop", ("database", &name), None, details).await?;
        let source = store::moved_for(tx, &name).await?;
        ready::let_go(app, tx, Going { cluster, database: name, tenant: None, source }, &["retired"]).await?;
        Ok(())
    }
}
