//! JSON doors of guests.
use axum::extract::Path;
use axum::response::Response;
use hotelhub_identity::Permission;
use hotelhub_kernel::{Cursor, Page};
use hotelhub_web::{AppError, Body, IfMatch, Kind, Listing, PageQuery, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Guest, GuestChange, store};
use crate::audit::{self, Actor};
use crate::hotel::fields;
use crate::hotel::step::{Clerk, sheet};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{Session, Tenant};

/// The doors.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read, change))
}

/// Who is looked for.
#[derive(Debug, Deserialize, IntoParams)]
struct Search {
    /// Part of a name, an address or a telephone number.
    #[serde(default)]
    q: String,
}

/// Lists guests by name.
#[utoipa::path(get, path = "/api/v1/guests", tag = "guests", params(Search, PageQuery),
    responses((status = 200, body = Listing<Guest>)))]
async fn list(tenant: Tenant, staff: Staff, page: PageQuery, search: Query<Search>) -> Result<Listing<Guest>> {
    staff.may(Permission::GuestRead)?;
    let text = fields::text("q", &search.0.q, 120)?;
    let db = tenant.connect().await?;
    let rows = store::search(&db, &text, page.cursor.as_ref(), page.limit).await?;
    Ok(Page::cut(rows, page.limit, |guest| Cursor { key: guest.name.clone(), id: guest.id }).into())
}

/// Reads a guest.
#[utoipa::path(get, path = "/api/v1/guests/{id}", tag = "guests", responses((status = 200, body = Guest), (status = 404)))]
async fn read(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>) -> Result<Response> {
    staff.may(Permission::GuestRead)?;
    let db = tenant.connect().await?;
    store::by_id(&db, id).await?.map(sheet).ok_or_else(unknown)
}

/// Changes a guest.
#[utoipa::path(patch, path = "/api/v1/guests/{id}", tag = "guests", request_body = GuestChange,
    responses((status = 200, body = Guest), (status = 404), (status = 412), (status = 422)))]
async fn change(clerk: Clerk, Path(id): Path<Uuid>, seen: IfMatch, wish: Body<GuestChange>) -> Result<Response> {
    clerk.staff.may(Permission::GuestUpdate)?;
    clerk.amend(async |tx| amend(tx, &clerk.tenant, &clerk.actor(), id, seen, wish.0).await).await
}

/// Changes a guest as of the version seen.
pub async fn amend(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    id: Uuid,
    seen: IfMatch,
    wish: GuestChange,
) -> Result<Guest> {
    let before = store::lock(db, id).await?.ok_or_else(unknown)?;
    let version = before.version;
    seen.check(version)?;
    let after = before.changed(wish.clone())?;
    store::rewrite(db, tenant.clock().now(), &after).await?;
    audit::record(db, tenant, actor, "guest.change", ("guest", id), &wish).await?;
    Ok(Guest { version: version + 1, ..after })
}

fn unknown() -> AppError {
    AppError::new(Kind::NotFound, "unknown-guest", "There is no such guest.")
}
