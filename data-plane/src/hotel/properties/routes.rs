//! JSON doors of the property.
use axum::Json;
use axum::http::header::ETAG;
use axum::response::{IntoResponse as _, Response};
use hotelhub_identity::Permission;
use hotelhub_web::{Body, IfMatch, Result, etag};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::PropertyChange;
use super::{Property, store};
use crate::audit;
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::Tenant;

/// The doors.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(read, change))
}

/// Reads the property.
#[utoipa::path(get, path = "/api/v1/property", tag = "property", responses((status = 200, body = Property)))]
async fn read(tenant: Tenant, staff: Staff) -> Result<Response> {
    staff.may(Permission::PropertyRead)?;
    let db = tenant.connect().await?;
    Ok(sheet(store::the_one(&db).await?))
}

/// Changes the property; its business date is not changed here.
#[utoipa::path(patch, path = "/api/v1/property", tag = "property", request_body = PropertyChange,
    responses((status = 200, body = Property), (status = 412), (status = 422)))]
async fn change(tenant: Tenant, staff: Staff, seen: Option<IfMatch>, wish: Body<PropertyChange>) -> Result<Response> {
    staff.may(Permission::PropertyChange)?;
    let tx = tenant.begin().await?;
    let outcome = async {
        let before = store::the_one(&tx).await?;
        seen.unwrap_or(IfMatch(before.version)).check(before.version)?;
        let after = before.changed(&wish.0)?;
        if !store::change(&tx, tenant.clock().now(), &after).await? {
            return Err(IfMatch::stale());
        }
        audit::record(&tx, &tenant, &staff.actor(), "property.change", ("property", after.id), &wish.0).await?;
        Ok(Property { version: after.version + 1, ..after })
    };
    let outcome = outcome.await;
    tx.settle(outcome).await.map(sheet)
}

fn sheet(property: Property) -> Response {
    ([(ETAG, etag(property.version))], Json(property)).into_response()
}
