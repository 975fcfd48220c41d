//! Where staff and their scripts look after tenants.
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_web::{AppError, Kind, Listing, Nothing, PageQuery, Posted, Query, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::change::Changed;
use super::store::{self, Detail, Listed, Search};
use super::{Change, Refusal, Status, creation};
use crate::App;
use crate::audit::{self, Entry};
use crate::database::DbError;
use crate::fleet::orders;
use crate::staff::{Asked, VendorStaff};

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, creation::create))
        .routes(routes!(read))
        .routes(routes!(suspend))
        .routes(routes!(resume))
        .routes(routes!(maintain))
        .routes(routes!(reopen))
        .routes(routes!(delete))
        .routes(routes!(undelete))
}

/// A filter as a query carries it. Limit and cursor are read by [`PageQuery`].
#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) q: String,
    #[serde(default)]
    pub(super) slug: String,
}

impl Filter {
    /// What is looked for; an empty member is no filter.
    pub(super) fn search(&self) -> Result<Search<'_>> {
        let given = |text| Some(text).filter(|text: &&str| !text.is_empty());
        let (text, slug) = (given(self.q.trim()), given(self.slug.trim()));
        let status = match self.status.as_str() {
            "" => None,
            known => Some(Status::read(known).ok_or_else(|| {
                let detail = "A status is trial, active, suspended or churned.";
                AppError::new(Kind::Invalid, "invalid-query", detail).field("status", "unknown")
            })?),
        };
        Ok(Search { status, text, slug })
    }
}

/// Tenants, the newest first.
#[utoipa::path(get, path = "/api/v1/tenants", tag = "tenants",
    params(("status" = Option<String>, Query), ("q" = Option<String>, Query), ("slug" = Option<String>, Query), PageQuery),
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
pub(super) struct Suspension {
    pub(super) reason: String,
}

/// Why, and until when.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Closure {
    /// For whoever comes meanwhile.
    text: String,
    /// When it is expected to end; it ends when staff say so.
    #[serde(default)]
    until: Option<Timestamp>,
}

/// Why, and the tenant's name once more.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Farewell {
    pub(super) reason: String,
    pub(super) slug: String,
}

/// Suspends a tenant; nodes hear of it at once. A suspended one stays as it is.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/suspend", tag = "tenants", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Suspension,
    responses((status = 200, body = Detail), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn suspend(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Suspension>,
) -> Result<Response> {
    staff.does(&app, Changed(TenantId(id), Change::Suspend(wish.value.reason)), (&wish.key, asked.mode())).await
}

/// Gives a suspended tenant its former status back; nodes hear of it at once.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/resume", tag = "tenants", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Nothing,
    responses((status = 200, body = Detail), (status = 401), (status = 403), (status = 404), (status = 409)))]
async fn resume(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Changed(TenantId(id), Change::Resume), (&wish.key, asked.mode())).await
}

/// Closes a tenant for a while: whoever comes is told why and until when, its jobs wait.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/maintenance", tag = "tenants", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Closure,
    responses((status = 200, body = Detail), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn maintain(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Closure>,
) -> Result<Response> {
    let Closure { text, until } = wish.value;
    staff.does(&app, Changed(TenantId(id), Change::Maintain { text, until }), (&wish.key, asked.mode())).await
}

/// Ends a maintenance; the jobs that waited run in their order.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/maintenance/end", tag = "tenants", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Nothing,
    responses((status = 200, body = Detail), (status = 401), (status = 403), (status = 404), (status = 409)))]
async fn reopen(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Changed(TenantId(id), Change::Reopen), (&wish.key, asked.mode())).await
}

/// Deletes a tenant: nobody is served from now on. Its database is kept for the days of grace, then dropped, and then its name is free.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/delete", tag = "tenants", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Farewell,
    responses((status = 200, body = Detail), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn delete(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Farewell>,
) -> Result<Response> {
    let Farewell { reason, slug } = wish.value;
    staff.does(&app, Changed(TenantId(id), Change::Delete { reason, slug }), (&wish.key, asked.mode())).await
}

/// Brings a deleted tenant back as it was, while its database is kept.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/undelete", tag = "tenants", params(("id" = Uuid, Path), ("dry_run" = Option<bool>, Query)),
    request_body = Nothing,
    responses((status = 200, body = Detail), (status = 401), (status = 403), (status = 404), (status = 409)))]
async fn undelete(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Changed(TenantId(id), Change::Undelete), (&wish.key, asked.mode())).await
}
