//! Where staff read the log.
use axum::extract::State;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_web::{Listing, PageQuery, Query, Result};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Entry, store};
use crate::App;
use crate::staff::VendorStaff;

/// The JSON door.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read))
}

#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    tenant: Option<Uuid>,
}

/// The log, newest first; of one tenant with `?tenant=`.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit",
    params(("tenant" = Option<Uuid>, Query), PageQuery),
    responses((status = 200, body = Listing<Entry>), (status = 401), (status = 403)))]
async fn read(
    State(app): State<App>,
    staff: VendorStaff,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<Listing<Entry>> {
    staff.may(StaffPermission::AuditRead)?;
    let tenant = filter.tenant.map(TenantId);
    Ok(store::list(&app.db.durable, tenant, page.cursor.as_ref(), page.limit).await?.into())
}
