//! Where staff have tenants moved to other clusters, follow it, and give it up.
use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_protocol::ClusterId;
use hotelhub_web::{Listing, Nothing, Posted, Query, Result};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::listed::{self, Listed};
use super::model::Refusal;
use super::store::{self, Which};
use super::{reports, start};
use crate::App;
use crate::audit;
use crate::database::{DbError, Tx};
use crate::staff::{Act, Asked, VendorStaff};

/// What is shown of a tenant.
const LATEST: i64 = 50;

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, begin)).routes(routes!(read)).routes(routes!(give_up))
}

/// Where a tenant is to go.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveWish {
    /// The cluster's name.
    pub(crate) to: String,
}

/// The latest moves of a tenant, the newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/moves", tag = "fleet", params(("id" = Uuid, Path)),
    responses((status = 200, body = Listing<Listed>), (status = 401), (status = 403)))]
async fn list(Shared(app): Shared<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Listing<Listed>> {
    staff.may(StaffPermission::FleetRead)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    Ok(Listing::whole(listed::list(&mut conn, Some(TenantId(id)), None, LATEST).await?))
}

/// Moves a tenant to another cluster while it is served, or from a schema of a shared database into a database of its own, on whichever
/// cluster. Its writers wait for a moment when everything else is done.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/moves", tag = "fleet", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = MoveWish,
    responses((status = 200, body = Listed), (status = 401), (status = 403), (status = 404),
              (status = 409, description = "`not-served`, `there-already`, `neighbour-leaving`, `move-open`, `data-in-work`, `schema-behind`, `no-room` or \
               `no-worker`")))]
async fn begin(
    Shared(app): Shared<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<MoveWish>,
) -> Result<Response> {
    let departure = Departure { tenant: TenantId(id), to: ClusterId(wish.value.to) };
    staff.does(&app, departure, (&wish.key, asked.mode())).await
}

/// How a move stands.
#[utoipa::path(get, path = "/api/v1/moves/{id}", tag = "fleet", params(("id" = Uuid, Path)),
    responses((status = 200, body = Listed), (status = 401), (status = 403), (status = 404)))]
async fn read(Shared(app): Shared<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Json<Listed>> {
    staff.may(StaffPermission::FleetRead)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    Ok(Json(listed::list(&mut conn, None, Some(id), 1).await?.pop().ok_or(Refusal::UnknownMove)?))
}

/// Gives a move up: the tenant stays where it is served from. Once it is served from its new place that is too late.
#[utoipa::path(post, path = "/api/v1/moves/{id}/give-up", tag = "fleet", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Nothing,
    responses((status = 200, body = Listed), (status = 401), (status = 403), (status = 404), (status = 409, description = "`too-late`")))]
async fn give_up(
    Shared(app): Shared<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Return(id), (&wish.key, asked.mode())).await
}

/// A tenant that is to move.
pub(crate) struct Departure {
    /// Which.
    pub(crate) tenant: TenantId,
    /// Where to.
    pub(crate) to: ClusterId,
}

impl Act for Departure {
    type Told = Listed;

    fn needs(&self) -> StaffPermission {
        StaffPermission::FleetChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Listed> {
        let id = start::begin(app, tx, self.tenant, &self.to, &staff.name).await??;
        note(app, tx, staff, "tenant.move", (self.tenant, id)).await?;
        Ok(listed::list(tx, None, Some(id), 1).await?.pop().ok_or(Refusal::UnknownMove)?)
    }
}

/// A move that is given up.
pub(crate) struct Return(pub(crate) Uuid);

impl Act for Return {
    type Told = Listed;

    fn needs(&self) -> StaffPermission {
        StaffPermission::FleetChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Listed> {
        let known = listed::list(tx, None, Some(self.0), 1).await?.pop().ok_or(Refusal::UnknownMove)?;
        let open = store::open(tx, Which::Named(known.id)).await?;
        let open = open.filter(|open| open.state.may_be_given_up()).ok_or(Refusal::TooLate)?;
        reports::give_up(app, tx, &open, &format!("{} gave it up", staff.name)).await?;
        note(app, tx, staff, "tenant.move_given_up", (open.moving.tenant, open.id)).await?;
        Ok(listed::list(tx, None, Some(self.0), 1).await?.pop().ok_or(Refusal::UnknownMove)?)
    }
}

async fn note(
    app: &App,
    tx: &mut Tx,
    staff: &VendorStaff,
    action: &str,
    (tenant, id): (TenantId, Uuid),
) -> Result<(), DbError> {
    let (now, subject, details) = (app.clock.now(), tenant.to_string(), json!({ "move": id }));
    audit::record(tx, now, &staff.actor(), action, ("tenant", &subject), Some(tenant), details).await
}
