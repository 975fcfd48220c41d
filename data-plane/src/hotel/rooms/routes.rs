//! JSON doors of rooms.
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::Permission;
use hotelhub_kernel::Page;
use hotelhub_web::{AppError, Body, IfMatch, Kind, Listing, PageQuery, Posted, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::inventory::FullNight;
use super::model::{NewRooms, RoomChange};
use super::{Room, inventory, store, types};
use crate::audit::{self, Actor};
use crate::hotel::step::{Clerk, sheet};
use crate::hotel::{fields, properties};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{Business, Session, Tenant};

/// The doors of rooms and their types.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, change)).merge(types::router())
}

/// Lists the rooms in the order of their numbers.
#[utoipa::path(get, path = "/api/v1/rooms", tag = "rooms", params(PageQuery),
    responses((status = 200, body = Listing<Room>)))]
async fn list(tenant: Tenant, staff: Staff, page: PageQuery) -> Result<Listing<Room>> {
    staff.may(Permission::RoomRead)?;
    let db = tenant.connect().await?;
    let rows = store::of_house(&db, page.cursor.as_ref(), page.limit).await?;
    Ok(Page::cut(rows, page.limit, store::place).into())
}

/// Adds rooms of a type, all or none; from then on they are for sale.
#[utoipa::path(post, path = "/api/v1/rooms", tag = "rooms", request_body = NewRooms,
    responses((status = 201, body = Listing<Room>), (status = 409), (status = 422)))]
async fn create(clerk: Clerk, wish: Posted<NewRooms>) -> Result<Response> {
    let step = clerk.step(Permission::RoomChange, &wish.key)?;
    step.answer(StatusCode::CREATED, async |tx| {
        add(tx, &clerk.tenant, &clerk.actor(), wish.value).await.map(Listing::whole)
    })
    .await
}

/// Adds rooms of a type, all or none, and counts the type anew.
pub async fn add(db: &Session, tenant: &Tenant, actor: &Actor, wish: NewRooms) -> Result<Vec<Room>> {
    tenant.may_begin(Business::Settings)?;
    let (floor, numbers) = wish.checked()?;
    let room_type = wish.room_type_id;
    if !types::lock_sold(db, room_type).await? {
        return Err(unknown_type());
    }
    let ids: Vec<Uuid> = numbers.iter().map(|_| tenant.ids().next()).collect();
    let added = store::insert(db, tenant.clock().now(), room_type, &ids, &numbers, &floor).await?;
    let taken: Vec<_> = numbers.into_iter().filter(|number| !added.contains(number)).collect();
    if !taken.is_empty() {
        let named = taken.join(", ");
        let refusal = AppError::new(Kind::Conflict, "room-number-taken", format!("Room numbers in use: {named}."));
        return Err(refusal.naming("taken", named).field("numbers", "in use").with("taken", taken));
    }
    let business_date = properties::the_one(db).await?.business_date;
    inventory::recount(db, &[room_type], business_date).await?;
    audit::record(db, tenant, actor, "room.create", ("room_type", room_type), &wish).await?;
    Ok(store::by_id(db, &ids).await?)
}

/// Reads a room.
#[utoipa::path(get, path = "/api/v1/rooms/{id}", tag = "rooms", responses((status = 200, body = Room), (status = 404)))]
async fn read(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>) -> Result<Response> {
    staff.may(Permission::RoomRead)?;
    let db = tenant.connect().await?;
    store::by_id(&db, &[id]).await?.pop().map(sheet).ok_or_else(unknown)
}

/// Changes a room: how clean it is, whether it is for sale, its type.
#[utoipa::path(patch, path = "/api/v1/rooms/{id}", tag = "rooms", request_body = RoomChange,
    responses((status = 200, body = Room), (status = 404), (status = 409), (status = 412)))]
async fn change(clerk: Clerk, Path(id): Path<Uuid>, seen: IfMatch, wish: Body<RoomChange>) -> Result<Response> {
    wish.0.permissions().try_for_each(|permission| clerk.staff.may(permission))?;
    clerk.amend(async |tx| amend(tx, &clerk.tenant, &clerk.actor(), id, seen, wish.0).await).await
}

/// Changes a room as of the version seen; a guest who is promised it is not put out.
pub async fn amend(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    id: Uuid,
    seen: IfMatch,
    wish: RoomChange,
) -> Result<Room> {
    let version = store::lock(db, id).await?.ok_or_else(unknown)?;
    seen.check(version)?;
    let before = store::by_id(db, &[id]).await?.pop().ok_or_else(unknown)?;
    let after = before.clone().changed(&wish)?;
    if after.counts_otherwise(&before) {
        take_out(db, &before, &after).await?;
    }
    store::change(db, tenant.clock().now(), &after).await?;
    if after.counts_otherwise(&before) {
        let mut both = vec![before.room_type_id, after.room_type_id];
        both.sort();
        both.dedup();
        let business_date = properties::the_one(db).await?.business_date;
        let recounted = inventory::recount(db, &both, business_date).await;
        recounted.map_err(|error| match error.constraint() {
            Some("inventory_days_not_oversold") => sold(Vec::new()),
            _ => error.into(),
        })?;
    }
    audit::record(db, tenant, actor, "room.change", ("room", id), &wish).await?;
    Ok(Room { version: version + 1, ..after })
}

/// Refuses to take a room from sale that a guest is promised.
async fn take_out(db: &Session, before: &Room, after: &Room) -> Result<()> {
    if after.room_type_id != before.room_type_id && !types::lock_sold(db, after.room_type_id).await? {
        return Err(unknown_type());
    }
    let leaves = after.room_type_id != before.room_type_id || after.service == super::Service::Ooo;
    let business_date = properties::the_one(db).await?.business_date;
    if leaves && store::guest_coming(db, before.id, business_date).await? {
        let detail = "A guest is in this room or is to have it: give the guest another room first.";
        return Err(AppError::new(Kind::Conflict, "room-assigned", detail));
    }
    let counted = before.service != super::Service::Ooo;
    let full = if leaves && counted {
        inventory::overbooked_by(db, before.room_type_id, business_date, 1).await?
    } else {
        Vec::new()
    };
    if full.is_empty() { Ok(()) } else { Err(sold(full)) }
}

fn sold(conflicts: Vec<FullNight>) -> AppError {
    let detail = "Every room of this type is sold on some nights: the hotel cannot do without this one.";
    AppError::new(Kind::Conflict, "sold-out", detail).with("conflicts", conflicts)
}

fn unknown() -> AppError {
    AppError::new(Kind::NotFound, "unknown-room", "There is no such room.")
}

fn unknown_type() -> AppError {
    fields::wrong("room_type_id", "there is no such room type")
}
