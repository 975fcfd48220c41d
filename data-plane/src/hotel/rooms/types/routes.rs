//! JSON doors of room types.
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::Permission;
use hotelhub_kernel::Page;
use hotelhub_web::{AppError, Body, IfMatch, Kind, Listing, PageQuery, Posted, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::{NewRoomType, RoomTypeChange};
use super::{RoomType, store};
use crate::audit::{self, Actor};
use crate::hotel::properties;
use crate::hotel::rooms::inventory;
use crate::hotel::step::{Clerk, sheet, stays_to_come};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{Business, Session, Tenant};

/// The doors.
pub(in crate::hotel::rooms) fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, change))
}

/// Lists the room types in the house's order.
#[utoipa::path(get, path = "/api/v1/room-types", tag = "rooms", params(PageQuery),
    responses((status = 200, body = Listing<RoomType>)))]
async fn list(tenant: Tenant, staff: Staff, page: PageQuery) -> Result<Listing<RoomType>> {
    staff.may(Permission::RoomRead)?;
    let db = tenant.connect().await?;
    let rows = store::of_house(&db, page.cursor.as_ref(), page.limit).await?;
    Ok(Page::cut(rows, page.limit, store::place).into())
}

/// Adds a room type; its rooms come after.
#[utoipa::path(post, path = "/api/v1/room-types", tag = "rooms", request_body = NewRoomType,
    responses((status = 201, body = RoomType), (status = 409), (status = 422)))]
async fn create(clerk: Clerk, wish: Posted<NewRoomType>) -> Result<Response> {
    let step = clerk.step(Permission::RoomChange, &wish.key)?;
    step.tagged(StatusCode::CREATED, async |tx| add(tx, &clerk.tenant, &clerk.actor(), wish.value).await).await
}

/// Adds a room type, without rooms.
pub async fn add(db: &Session, tenant: &Tenant, actor: &Actor, wish: NewRoomType) -> Result<RoomType> {
    tenant.may_begin(Business::Settings)?;
    let room_type = wish.checked(tenant.ids().next())?;
    store::insert(db, tenant.clock().now(), &room_type).await?;
    let business_date = properties::the_one(db).await?.business_date;
    inventory::recount(db, &[room_type.id], business_date).await?;
    audit::record(db, tenant, actor, "room-type.create", ("room_type", room_type.id), &room_type).await?;
    Ok(room_type)
}

/// Reads a room type.
#[utoipa::path(get, path = "/api/v1/room-types/{id}", tag = "rooms",
    responses((status = 200, body = RoomType), (status = 404)))]
async fn read(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>) -> Result<Response> {
    staff.may(Permission::RoomRead)?;
    let db = tenant.connect().await?;
    one(&db, id).await.map(sheet)
}

/// Changes a room type, or archives it: then it is no longer sold.
#[utoipa::path(patch, path = "/api/v1/room-types/{id}", tag = "rooms", request_body = RoomTypeChange,
    responses((status = 200, body = RoomType), (status = 404), (status = 409), (status = 412), (status = 422)))]
async fn change(clerk: Clerk, Path(id): Path<Uuid>, seen: IfMatch, wish: Body<RoomTypeChange>) -> Result<Response> {
    clerk.staff.may(Permission::RoomChange)?;
    clerk.amend(async |tx| amend(tx, &clerk.tenant, &clerk.actor(), id, seen, wish.0).await).await
}

/// Changes a room type as of the version seen.
pub async fn amend(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    id: Uuid,
    seen: IfMatch,
    wish: RoomTypeChange,
) -> Result<RoomType> {
    tenant.may_begin(Business::Settings)?;
    let version = store::lock(db, id).await?.ok_or_else(unknown)?;
    seen.check(version)?;
    let before = one(db, id).await?;
    if wish.archived == Some(true) && !before.archived {
        is_not_needed(db, &before).await?;
    }
    let after = before.changed(wish.clone())?;
    store::change(db, tenant.clock().now(), &after).await?;
    audit::record(db, tenant, actor, "room-type.change", ("room_type", id), &wish).await?;
    Ok(RoomType { version: version + 1, ..after })
}

/// Refuses to archive a type that has rooms or guests to come.
async fn is_not_needed(db: &Session, room_type: &RoomType) -> Result<()> {
    if room_type.rooms > 0 {
        let detail = "There are rooms of this type: give them another type first.";
        return Err(AppError::new(Kind::Conflict, "type-has-rooms", detail));
    }
    if store::stays_to_come(db, room_type.id).await? { Err(stays_to_come()) } else { Ok(()) }
}

pub(super) async fn one(db: &Session, id: Uuid) -> Result<RoomType> {
    store::by_id(db, &[id]).await?.pop().ok_or_else(unknown)
}

fn unknown() -> AppError {
    AppError::new(Kind::NotFound, "unknown-room-type", "There is no such room type.")
}
