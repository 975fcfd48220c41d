//! Where staff and their scripts look after tenants.
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_web::{AppError, Kind, Listing, Nothing, PageQuery, Posted, Query, RequestKey, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{self, Detail, Listed, Search};
use super::{Refusal, Status, model};
use crate::App;
use crate::audit::{self, Entry};
use crate::database::{DbError, Tx};
use crate::fleet::{feed, orders};
use crate::once::{self, Begun};
use crate::staff::VendorStaff;
use crate::wakes::Wake;

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read)).routes(routes!(suspend)).routes(routes!(resume))
}

/// A filter as a query carries it. Limit and cursor are read by [`PageQuery`].
#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) q: String,
}

impl Filter {
    /// What is looked for; an empty member is no filter.
    pub(super) fn search(&self) -> Result<Search<'_>> {
        let text = Some(self.q.trim()).filter(|text| !text.is_empty());
        let status = match self.status.as_str() {
            "" => None,
            known => Some(Status::read(known).ok_or_else(|| {
                let detail = "A status is trial, active, suspended or churned.";
                AppError::new(Kind::Invalid, "invalid-query", detail).field("status", "unknown")
            })?),
        };
        Ok(Search { status, text })
    }
}

/// Tenants, the newest first.
#[utoipa::path(get, path = "/api/v1/tenants", tag = "tenants",
    params(("status" = Option<String>, Query), ("q" = Option<String>, Query), PageQuery),
    responses((status = 200, body = Listing<Listed>), (status = 401), (status = 403), (status = 422)))]
async fn list(
    State(app): State<App>,
    staff: VendorStaff,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<Listing<Listed>> {
    staff.may(StaffPermission::TenantRead)?;
    Ok(store::list(&app.db.durable, &filter.search()?, page.cursor.as_ref(), page.limit).await?.into())
}

/// A tenant with its latest orders and changes.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Whole {
    #[serde(flatten)]
    pub(super) tenant: Detail,
    pub(super) orders: Vec<orders::Listed>,
    pub(super) audit: Vec<Entry>,
}

/// All the vendor knows of a tenant.
#[utoipa::path(get, path = "/api/v1/tenants/{id}", tag = "tenants", params(("id" = Uuid, Path)),
    responses((status = 200, body = Whole), (status = 401), (status = 403), (status = 404)))]
async fn read(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Json<Whole>> {
    staff.may(StaffPermission::TenantRead)?;
    Ok(Json(whole(&app, TenantId(id)).await?))
}

pub(super) async fn whole(app: &App, id: TenantId) -> Result<Whole> {
    let pool = &app.db.durable;
    let mut conn = pool.acquire().await.map_err(DbError::from)?;
    let tenant = store::detail(&mut conn, id).await?.ok_or(Refusal::Unknown)?;
    drop(conn);
    let orders = orders::of_tenant(pool, id).await?;
    let audit = audit::list(pool, Some(id), None, 20).await?.items;
    Ok(Whole { tenant, orders, audit })
}

/// Why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Suspension {
    reason: String,
}

/// Suspends a tenant; nodes hear of it at once. A suspended one stays as it is.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/suspend", tag = "tenants", params(("id" = Uuid, Path)),
    request_body = Suspension,
    responses((status = 200, body = Detail), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn suspend(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    wish: Posted<Suspension>,
) -> Result<Response> {
    set(&app, &staff, TenantId(id), &Change::Suspend(wish.value.reason), &wish.key).await
}

/// Gives a suspended tenant its former status back; nodes hear of it at once.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/resume", tag = "tenants", params(("id" = Uuid, Path)),
    request_body = Nothing,
    responses((status = 200, body = Detail), (status = 401), (status = 403), (status = 404), (status = 409)))]
async fn resume(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    set(&app, &staff, TenantId(id), &Change::Resume, &wish.key).await
}

/// What staff do to a tenant.
pub(super) enum Change {
    Suspend(String),
    Resume,
}

/// Changes a tenant's status, once for each key.
pub(super) async fn set(
    app: &App,
    staff: &VendorStaff,
    tenant: TenantId,
    change: &Change,
    key: &RequestKey,
) -> Result<Response> {
    staff.may(StaffPermission::TenantChange)?;
    let mut tx = match once::begin(app, &staff.scope(), key).await? {
        Begun::Answered(kept) => return Ok(kept.into()),
        Begun::Fresh(tx) => tx,
    };
    let outcome = changed(app, &mut tx, staff, tenant, change).await;
    let answer = tx.answer(StatusCode::OK, outcome).await?;
    app.wakes.wake(Wake::Routes);
    Ok(answer)
}

/// The tenant with its new status; who did it is noted, and the feed moves.
async fn changed(app: &App, tx: &mut Tx, staff: &VendorStaff, tenant: TenantId, change: &Change) -> Result<Detail> {
    let now = app.clock.now();
    let (action, details, changed) = match change {
        Change::Suspend(reason) => {
            let reason = model::reason(reason)?;
            ("tenant.suspend", json!({ "reason": reason }), store::suspend(tx, tenant, reason, now).await?)
        }
        Change::Resume => ("tenant.resume", json!({}), store::resume(tx, tenant, now).await?),
    };
    if changed? {
        let subject = tenant.to_string();
        audit::record(tx, now, &staff.actor(), action, ("tenant", &subject), Some(tenant), details).await?;
        feed::publish_tenant(tx, tenant, now).await?;
    }
    Ok(store::detail(tx, tenant).await?.ok_or(Refusal::Unknown)?)
}
