//! Where staff have chores done, and follow them.
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_protocol::Task;
use hotelhub_web::{Posted, Query, Result};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::{self, ChoreWish};
use super::store::{self, Listed, Meant};
use crate::App;
use crate::audit;
use crate::database::{DbError, Tx};
use crate::fleet::orders::{self, NewOrder};
use crate::staff::{Act, Asked, VendorStaff};

/// After what is due by itself.
const PRIORITY: i16 = 160;

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(begin)).routes(routes!(read))
}

/// Has a chore done at hotels' databases while they are served. How each went is kept.
#[utoipa::path(post, path = "/api/v1/chores", tag = "fleet", params(("dry_run" = Option<bool>, Query)), request_body = ChoreWish,
    responses((status = 200, body = Listed), (status = 401), (status = 403),
              (status = 404, description = "`unknown-tenant` or `nobody-meant`"), (status = 422, description = "`invalid-chore`")))]
async fn begin(
    State(app): State<App>,
    staff: VendorStaff,
    Query(asked): Query<Asked>,
    wish: Posted<ChoreWish>,
) -> Result<Response> {
    staff.does(&app, wish.value, (&wish.key, asked.mode())).await
}

/// How a chore stands, hotel by hotel.
#[utoipa::path(get, path = "/api/v1/chores/{id}", tag = "fleet", params(("id" = Uuid, Path)),
    responses((status = 200, body = Listed), (status = 401), (status = 403), (status = 404)))]
async fn read(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Json<Listed>> {
    staff.may(StaffPermission::FleetRead)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    Ok(Json(store::find(&mut conn, id).await?.ok_or_else(model::unknown)?))
}

impl Act for ChoreWish {
    type Told = Listed;

    fn needs(&self) -> StaffPermission {
        StaffPermission::FleetChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Listed> {
        self.must_name_one_sort()?;
        let meant = store::meant(tx, self.plan.as_deref(), self.tenants.as_deref()).await?;
        let is_missing = |slug: &&String| meant.iter().all(|found| found.slug != **slug);
        if let Some(missing) = self.tenants.iter().flatten().find(is_missing) {
            return Err(model::unknown_tenant(missing));
        }
        if meant.is_empty() {
            return Err(model::nobody());
        }
        let (id, now) = (app.ids.next(), app.clock.now());
        store::begin(tx, id, (self.chore, &staff.name), now).await?;
        for hotel in &meant {
            order(app, tx, (id, &self), hotel).await?;
        }
        let details = json!({ "chore": self.chore, "tenants": self.tenants, "plan": self.plan, "hotels": meant.len() });
        audit::record(tx, now, &staff.actor(), "chore.begin", ("chore", &id.to_string()), None, details).await?;
        store::find(tx, id).await?.ok_or_else(model::unknown)
    }
}

async fn order(app: &App, tx: &mut Tx, (id, wish): (Uuid, &ChoreWish), hotel: &Meant) -> Result<()> {
    let (cluster, database, tenant) = (hotel.cluster.clone(), hotel.database.clone(), hotel.tenant);
    let task = Task::TendTenant { cluster, database, tenant, chore: wish.chore };
    let order = NewOrder { id: app.ids.next(), tenant: None, priority: PRIORITY, task };
    orders::place(tx, &order, app.clock.now()).await?;
    Ok(store::note_ordered(tx, id, (tenant, order.id)).await?)
}
