//! Where staff look at orders and try failed ones again.
use axum::extract::{Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_web::{AppError, Kind, Listing, Nothing, PageQuery, Posted, Query, Result};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::listed::{self, Listed};
use super::store;
use crate::App;
use crate::audit;
use crate::database::Tx;
use crate::staff::{Act, Mode, VendorStaff};
use crate::wakes::Wake;

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(again))
}

/// A filter as a query carries it.
#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    pub(super) state: String,
}

impl Filter {
    /// The state; empty is no filter.
    pub(super) fn state(&self) -> Result<Option<&str>> {
        match self.state.as_str() {
            "" => Ok(None),
            known if store::STATES.contains(&known) => Ok(Some(known)),
            _ => {
                let detail = "A state is queued, leased, done or failed.";
                Err(AppError::new(Kind::Invalid, "invalid-query", detail).field("state", "unknown"))
            }
        }
    }
}

/// Work orders, the newest first.
#[utoipa::path(get, path = "/api/v1/orders", tag = "fleet",
    params(("state" = Option<String>, Query), PageQuery),
    responses((status = 200, body = Listing<Listed>), (status = 401), (status = 403), (status = 422)))]
async fn list(
    State(app): State<App>,
    staff: VendorStaff,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<Listing<Listed>> {
    staff.may(StaffPermission::FleetRead)?;
    Ok(listed::list(&app.db.durable, filter.state()?, None, page.cursor.as_ref(), page.limit).await?.into())
}

/// Tries a failed order again, from its first attempt on.
#[utoipa::path(post, path = "/api/v1/orders/{id}/retry", tag = "fleet", params(("id" = Uuid, Path)), request_body = Nothing,
    responses((status = 204), (status = 401), (status = 403), (status = 409, description = "`not-failed`")))]
async fn again(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Retry { order: id }, (&wish.key, Mode::ForGood)).await
}

/// A failed order that is to be tried again.
pub(super) struct Retry {
    pub(super) order: Uuid,
}

impl Act for Retry {
    type Told = ();
    const WAKES: &'static [Wake] = &[Wake::Orders, Wake::Signups];

    fn needs(&self) -> StaffPermission {
        StaffPermission::FleetChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<()> {
        let (now, subject) = (app.clock.now(), self.order.to_string());
        if !store::retry(tx, self.order, now).await? {
            return Err(AppError::new(Kind::Conflict, "not-failed", "Only an order that has failed is tried again."));
        }
        Ok(audit::record(tx, now, &staff.actor(), "order.retry", ("work_order", &subject), None, json!({})).await?)
    }
}
