//! Where staff look at orders and try failed ones again.
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_web::{AppError, Kind, Listing, Nothing, PageQuery, Posted, Query, RequestKey, Result};
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
use crate::once::{self, Begun};
use crate::staff::VendorStaff;
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
    retry(&app, &staff, id, &wish.key).await
}

/// Tries a failed order again, once for each key.
pub(super) async fn retry(app: &App, staff: &VendorStaff, order: Uuid, key: &RequestKey) -> Result<Response> {
    staff.may(StaffPermission::FleetChange)?;
    let mut tx = match once::begin(app, &staff.scope(), key).await? {
        Begun::Answered(kept) => return Ok(kept.into()),
        Begun::Fresh(tx) => tx,
    };
    let outcome = queued_again(app, &mut tx, staff, order).await;
    let answer = tx.answer(StatusCode::NO_CONTENT, outcome).await?;
    [Wake::Orders, Wake::Signups].into_iter().for_each(|wake| app.wakes.wake(wake));
    Ok(answer)
}

async fn queued_again(app: &App, tx: &mut Tx, staff: &VendorStaff, order: Uuid) -> Result<()> {
    let now = app.clock.now();
    if !store::retry(tx, order, now).await? {
        return Err(AppError::new(Kind::Conflict, "not-failed", "Only an order that has failed is tried again."));
    }
    let subject = order.to_string();
    audit::record(tx, now, &staff.actor(), "order.retry", ("work_order", &subject), None, json!({})).await?;
    Ok(())
}
