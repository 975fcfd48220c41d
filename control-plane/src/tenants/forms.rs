//! The forms on a tenant's page: each changes its life and leads back there.
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use hotelhub_kernel::TenantId;
use hotelhub_web::{FormBody, Nothing, RequestKey, Result};
use serde::Deserialize;
use uuid::Uuid;

use super::Change;
use super::change::Changed;
use super::routes::{Farewell, Suspension};
use crate::App;
use crate::staff::VendorStaff;
use crate::vendor::in_vendor_zone;

pub(super) fn forms() -> Router<App> {
    Router::new()
        .route("/vendor/tenants/{id}/suspend", post(suspend))
        .route("/vendor/tenants/{id}/resume", post(resume))
        .route("/vendor/tenants/{id}/maintenance", post(maintain))
        .route("/vendor/tenants/{id}/maintenance/end", post(reopen))
        .route("/vendor/tenants/{id}/delete", post(delete))
        .route("/vendor/tenants/{id}/undelete", post(undelete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closure {
    text: String,
    /// A day and an hour in Jakarta, or nothing.
    #[serde(default)]
    until: String,
}

async fn suspend(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<Suspension>,
) -> Result<Response> {
    done(&app, &staff, id, Change::Suspend(form.reason), &key).await
}

async fn resume(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    done(&app, &staff, id, Change::Resume, &key).await
}

async fn maintain(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(Closure { text, until }, key): FormBody<Closure>,
) -> Result<Response> {
    let until = in_vendor_zone("until", &until)?;
    done(&app, &staff, id, Change::Maintain { text, until }, &key).await
}

async fn reopen(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    done(&app, &staff, id, Change::Reopen, &key).await
}

async fn delete(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(Farewell { reason, slug }, key): FormBody<Farewell>,
) -> Result<Response> {
    let slug = slug.trim().to_lowercase();
    done(&app, &staff, id, Change::Delete { reason, slug }, &key).await
}

async fn undelete(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    done(&app, &staff, id, Change::Undelete, &key).await
}

/// Changes a tenant and leads back to its page, which says that it is done, or why it is not.
async fn done(app: &App, staff: &VendorStaff, id: Uuid, change: Change, key: &RequestKey) -> Result<Response> {
    let said = said(&change);
    staff.does_at_page(app, Changed(TenantId(id), change), key, (id, "tenant", said)).await
}

fn said(change: &Change) -> &'static str {
    match change {
        Change::Suspend(_) => "tenant.said.suspended",
        Change::Resume => "tenant.said.resumed",
        Change::Maintain { .. } => "tenant.said.closed",
        Change::Reopen => "tenant.said.reopened",
        Change::Delete { .. } => "tenant.said.deleted",
        Change::Undelete => "tenant.said.undeleted",
    }
}
