//! The key handed over, taken back, and handed over by mistake.
use hotelhub_web::Result;
use jiff::ToSpan as _;
use serde_json::json;
use uuid::Uuid;

use super::model::{Refusal, fits, is_ready, leaves_on, nights_to_place};
use super::placing::{Seen, hold, must_be_empty, put};
use super::store::{self, Held};
use crate::audit::{self, Actor};
use crate::hotel::folios;
use crate::hotel::reservations::{self, Action};
use crate::hotel::rooms::Room;
use crate::tenancy::{Session, Tenant};

/// A guest at the desk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arriving {
    /// The room, if it is given now.
    pub room: Option<Uuid>,
    /// Whether the guest takes a room that is not clean.
    pub accept_dirty: bool,
    /// Whether a room of another type than was booked may be given, at the same price.
    pub may_change_type: bool,
}

/// Hands over the key of a room that is assigned or given now, clean and empty; opens the folio.
pub async fn check_in(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen, guest: Arriving) -> Result<()> {
    let held = hold(session, seen).await?;
    allowed(&held, Action::CheckIn)?;
    let room = room_tonight(session, tenant, &held, guest).await?;
    must_be_empty(session, &held, &room).await?;
    is_ready(&room, guest.accept_dirty)?;
    folios::open(session, tenant, held.id).await?;
    store::check_in(session, held.id, tenant.clock().now(), held.business_date).await?;
    let what = json!({ "room": room.number, "business_date": held.business_date });
    Ok(audit::record(session, tenant, actor, "reservation.check-in", ("reservation", held.id), what).await?)
}

/// Takes the key back: nights not slept go back into stock, nights slept are posted, the folio is closed at a balance of zero
/// under its receipt number, the room is dirty.
pub async fn check_out(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen) -> Result<()> {
    let held = hold(session, seen).await?;
    allowed(&held, Action::CheckOut)?;
    let leaves = leaves_on(held.stay, held.business_date);
    if leaves < held.stay.departure() {
        let early = reservations::Wish { departure: Some(leaves), ..Default::default() };
        reservations::amend(session, tenant, actor, held.id, early).await?;
        store::clear(session, held.id, leaves).await?;
    }
    let last_night = leaves.saturating_sub(1.day());
    if let Some(room) = store::room_on(session, held.id, last_night).await? {
        store::make_dirty(session, room, tenant.clock().now()).await?;
    }
    let folio = folios::settle(session, tenant, actor, held.id, leaves).await?;
    store::check_out(session, held.id, tenant.clock().now(), held.business_date).await?;
    let what = json!({ "business_date": held.business_date, "departure": leaves, "receipt": folio.receipt_number });
    Ok(audit::record(session, tenant, actor, "reservation.check-out", ("reservation", held.id), what).await?)
}

/// Takes a check-in back on its own day, before anything was posted or paid.
pub async fn revert_check_in(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen) -> Result<()> {
    let held = hold(session, seen).await?;
    allowed(&held, Action::RevertCheckIn)?;
    let same_day = held.checked_in_on == Some(held.business_date);
    if !same_day || !folios::is_untouched(session, held.id).await? {
        return Err(Refusal::TooLateToRevert.into());
    }
    store::revert_check_in(session, held.id, tenant.clock().now()).await?;
    let subject = ("reservation", held.id);
    Ok(audit::record(session, tenant, actor, "reservation.revert-check-in", subject, json!({})).await?)
}

/// Takes a check-out back on its own day, while nobody else has the key of the room: the folio is open again, nights given
/// back stay given back.
pub async fn revert_check_out(session: &Session, tenant: &Tenant, actor: &Actor, seen: Seen) -> Result<()> {
    let held = hold(session, seen).await?;
    allowed(&held, Action::RevertCheckOut)?;
    if held.checked_out_on != Some(held.business_date) {
        return Err(Refusal::LeftBefore.into());
    }
    if let Some((room, _)) = store::last_room(session, held.id).await? {
        let room = store::lock_room(session, room).await?.ok_or(Refusal::UnknownRoom)?;
        if store::is_given(session, room.id, held.id, held.business_date).await? {
            return Err(Refusal::GivenAway(room.number).into());
        }
    }
    folios::reopen(session, tenant, actor, held.id).await?;
    store::revert_check_out(session, held.id, tenant.clock().now()).await?;
    let subject = ("reservation", held.id);
    Ok(audit::record(session, tenant, actor, "reservation.revert-check-out", subject, json!({})).await?)
}

fn allowed(held: &Held, action: Action) -> Result<(), Refusal> {
    let allowed = held.status.allows(action, held.stay, held.business_date);
    if allowed { Ok(()) } else { Err(Refusal::NotAllowed { action, status: held.status }) }
}

/// The room of the coming night: the one given now, else the one that was assigned.
async fn room_tonight(session: &Session, tenant: &Tenant, held: &Held, guest: Arriving) -> Result<Room> {
    if let Some(room) = guest.room {
        let nights = nights_to_place(held.status, held.stay, held.business_date, None)?;
        return put(session, tenant, held, room, nights, guest.may_change_type).await;
    }
    let assigned = store::room_on(session, held.id, held.business_date).await?.ok_or(Refusal::NoRoom)?;
    let room = store::lock_room(session, assigned).await?.ok_or(Refusal::UnknownRoom)?;
    fits(&room, held.room_type, true)?;
    Ok(room)
}
