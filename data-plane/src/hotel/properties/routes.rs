//! JSON doors of the property.
use axum::Json;
use axum::response::Response;
use hotelhub_identity::Permission;
use hotelhub_web::{Body, IfMatch, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{PropertyChange, Sign};
use super::{Property, store};
use crate::audit::{self, Actor};
use crate::hotel::step::{Clerk, sheet};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{Business, Session, Tenant};

/// The doors.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(read, change)).routes(routes!(sign))
}

/// Reads the property.
#[utoipa::path(get, path = "/api/v1/property", tag = "property", responses((status = 200, body = Property)))]
async fn read(tenant: Tenant, staff: Staff) -> Result<Response> {
    staff.may(Permission::PropertyRead)?;
    let db = tenant.connect().await?;
    Ok(sheet(store::the_one(&db).await?))
}

/// Reads what the hotel shows to strangers: nobody has to be signed in.
#[utoipa::path(get, path = "/api/v1/public/property", tag = "public", responses((status = 200, body = Sign)))]
async fn sign(tenant: Tenant) -> Result<Json<Sign>> {
    let db = tenant.connect().await?;
    Ok(Json(store::the_sign(&db).await?))
}

/// Changes the property; its business date is not changed here.
#[utoipa::path(patch, path = "/api/v1/property", tag = "property", request_body = PropertyChange,
    responses((status = 200, body = Property), (status = 412), (status = 422)))]
async fn change(clerk: Clerk, seen: IfMatch, wish: Body<PropertyChange>) -> Result<Response> {
    clerk.staff.may(Permission::PropertyChange)?;
    clerk.amend(async |tx| amend(tx, &clerk.tenant, &clerk.actor(), seen, wish.0).await).await
}

/// Changes the property as of the version seen.
pub async fn amend(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    seen: IfMatch,
    wish: PropertyChange,
) -> Result<Property> {
    tenant.may_begin(Business::Settings)?;
    let before = store::the_one(db).await?;
    seen.check(before.version)?;
    let after = before.changed(&wish)?;
    if !store::change(db, tenant.clock().now(), &after).await? {
        return Err(IfMatch::stale());
    }
    audit::record(db, tenant, actor, "property.change", ("property", after.id), &wish).await?;
    Ok(Property { version: after.version + 1, ..after })
}
