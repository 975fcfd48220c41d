//! Which room a guest gets, and for which nights.
use hotelhub_web::{IfMatch, Result};
use jiff::civil::Date;
use serde_json::json;
use uuid::Uuid;

use super::model::{Refusal, fits, nights_to_place};
use super::store::{self, Held};
use crate::audit::{self, Actor};
use crate::hotel::reservations::{self, Action, Status, Stay, Terms};
use crate::hotel::rooms::Room;
use crate::tenancy::{Session, Tenant};

/// A reservation as somebody last read it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Which.
    pub reservation: Uuid,
    /// At which version.
    pub version: IfMatch,
}

/// A room for a guest.
#[derive(Clone, Copy, Debug)]
pub struct Placing {
    /// Which.
    pub room: Uuid,
    /// From which night on; absent for all that can still be placed.
    pub from: Option<Date>,
    /// Whether a room of another type than was booked may be given, at the same price.
    pub may_change_type: bool,
}

/// A stay dragged to another room or other nights.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    /// The room it lands in; absent to change nights alone.
    pub room: Option<Uuid>,
    /// Its first night.
    pub arrival: Date,
    /// Its departure.
    pub departure: Date,
    /// Whether a room of another type than was booked may be given, at the same price.
    pub may_change_type: bool,
}

/// Gives a room to a guest who is to come or in house.
pub async fn assign(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen, wish: Placing) -> Result<()> {
    let held = hold(session, seen).await?;
    let nights = nights_to_place(held.status, held.stay, held.business_date, wish.from)?;
    let left = room_now(session, &held).await?;
    let room = put(session, tenant, &held, wish.room, nights, wish.may_change_type).await?;
    leave(session, tenant, &held, left, &room, nights).await?;
    store::touch(session, held.id, tenant.clock().now()).await?;
    let what = json!({ "room": room.number, "from": nights.arrival(), "to": nights.departure() });
    Ok(audit::record(session, tenant, actor, "reservation.assign-room", ("reservation", held.id), what).await?)
}

/// Takes the room back from a guest who has not come.
pub async fn unassign(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen) -> Result<()> {
    let held = hold(session, seen).await?;
    if held.status != Status::Confirmed {
        return Err(Refusal::NotAllowed { action: Action::AssignRoom, status: held.status }.into());
    }
    store::clear(session, held.id, held.stay.arrival()).await?;
    store::touch(session, held.id, tenant.clock().now()).await?;
    let subject = ("reservation", held.id);
    Ok(audit::record(session, tenant, actor, "reservation.unassign-room", subject, json!({})).await?)
}

/// Moves a stay to another room, other nights or both: all or nothing.
pub async fn relocate(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen, wish: Move) -> Result<()> {
    let held = hold(session, seen).await?;
    if held.status.after(Action::Move).is_none() {
        return Err(Refusal::NotAllowed { action: Action::Move, status: held.status }.into());
    }
    let left = room_now(session, &held).await?;
    let redated = (wish.arrival, wish.departure) != (held.stay.arrival(), held.stay.departure());
    if redated {
        let other =
            reservations::Wish { arrival: Some(wish.arrival), departure: Some(wish.departure), ..Default::default() };
        if wish.room.is_some() {
            store::clear(session, held.id, first_free(&held)).await?;
        }
        let (before, after) = reservations::amend(session, tenant, actor, held.id, other).await?;
        if wish.room.is_none() {
            follow(session, tenant, held.id, before, after).await?;
        }
    }
    if let Some(room) = wish.room {
        let held = store::lock(session, held.id).await?.ok_or(Refusal::UnknownReservation)?;
        let nights = nights_to_place(held.status, held.stay, held.business_date, None)?;
        let room = put(session, tenant, &held, room, nights, wish.may_change_type).await?;
        leave(session, tenant, &held, left, &room, nights).await?;
        store::touch(session, held.id, tenant.clock().now()).await?;
    }
    let what = json!({ "room_id": wish.room, "arrival": wish.arrival, "departure": wish.departure });
    Ok(audit::record(session, tenant, actor, "reservation.move", ("reservation", held.id), what).await?)
}

/// Lets the rooms of a reservation follow its changed nights: nights given up free the room, nights added are in the last
/// room, another type gives the room back unless the guest sleeps in it. For whoever changes a reservation and holds it.
pub async fn follow(session: &Session, tenant: &Tenant, reservation: Uuid, before: Terms, after: Terms) -> Result<()> {
    let Some(held) = store::lock(session, reservation).await? else { return Ok(()) };
    let Some((room, last)) = store::last_room(session, reservation).await? else { return Ok(()) };
    if before.room_type != after.room_type && held.status != Status::InHouse {
        store::clear(session, reservation, first_free(&held)).await?;
        return Ok(());
    }
    store::clear(session, reservation, after.stay.departure()).await?;
    let added = if before.stay.arrival() != after.stay.arrival() {
        store::clear(session, reservation, before.stay.arrival().min(after.stay.arrival())).await?;
        Some(after.stay)
    } else if last == before.stay.departure() {
        Stay::new(last, after.stay.departure()).ok()
    } else {
        None
    };
    if let Some(nights) = added {
        put(session, tenant, &held, room, nights, true).await?;
    }
    Ok(())
}

/// Takes every room back from `from` on: for whoever cancels a reservation or ends it early, and holds it.
pub async fn release(session: &Session, reservation: Uuid, from: Date) -> Result<()> {
    store::clear(session, reservation, from).await?;
    Ok(())
}

/// Holds a reservation that is still as it was seen.
pub(super) async fn hold(session: &Session, seen: Seen) -> Result<Held> {
    let held = store::lock(session, seen.reservation).await?.ok_or(Refusal::UnknownReservation)?;
    if seen.version.check(held.version).is_err() { Err(Refusal::Stale.into()) } else { Ok(held) }
}

/// The first night whose room can still change.
fn first_free(held: &Held) -> Date {
    if held.status == Status::InHouse { held.business_date } else { held.stay.arrival() }
}

/// Puts a reservation into a room for these nights, out of every other from then on.
pub(super) async fn put(
    session: &Session,
    tenant: &Tenant,
    held: &Held,
    room: Uuid,
    nights: Stay,
    may_change_type: bool,
) -> Result<Room> {
    let room = store::lock_room(session, room).await?.ok_or(Refusal::UnknownRoom)?;
    fits(&room, held.room_type, may_change_type)?;
    let taken = store::taken(session, room.id, held.id, nights).await?;
    if !taken.is_empty() {
        return Err(Refusal::RoomTaken { number: room.number, nights: taken }.into());
    }
    store::clear(session, held.id, nights.arrival()).await?;
    store::place(session, tenant.ids().next(), held.id, &room, nights, tenant.clock().now()).await??;
    Ok(room)
}

/// The room that a guest in house has the key of.
async fn room_now(session: &Session, held: &Held) -> Result<Option<Uuid>> {
    if held.status != Status::InHouse {
        return Ok(None);
    }
    Ok(store::last_room(session, held.id).await?.map(|(room, _)| room))
}

/// Lets a guest in house who moves tonight leave one room dirty and find the other empty.
async fn leave(
    session: &Session,
    tenant: &Tenant,
    held: &Held,
    left: Option<Uuid>,
    room: &Room,
    nights: Stay,
) -> Result<()> {
    let Some(left) = left.filter(|left| *left != room.id && nights.holds(held.business_date)) else { return Ok(()) };
    must_be_empty(session, held, room).await?;
    Ok(store::make_dirty(session, left, tenant.clock().now()).await?)
}

/// Refuses a room whose last guest should have left and has not.
pub(super) async fn must_be_empty(session: &Session, held: &Held, room: &Room) -> Result<()> {
    if store::is_occupied(session, room.id, held.id, held.business_date).await? {
        return Err(Refusal::Occupied(room.number.clone()).into());
    }
    Ok(())
}
