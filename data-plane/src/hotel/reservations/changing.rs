//! Changing what was booked: confirm, amend, cancel, no-show.
use hotelhub_kernel::Rupiah;
use hotelhub_web::{AppError, IfMatch};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::booking::{fits, price};
use super::counting::{count, weigh};
use super::sheet::{Booking, Reservation};
use super::store::{self, Held};
use super::{Action, Change, Night, Refusal, Status, Terms, Wish, change, sheets};
use crate::audit::{self, Actor};
use crate::hotel::availability::Party;
use crate::hotel::rates::{self, Asked};
use crate::hotel::rooms::inventory::{self, Counter, Moves};
use crate::hotel::{fields, folios, front_desk, rooms};
use crate::tenancy::{Business, Session, Tenant};

/// A changed reservation; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// Another first night.
    pub arrival: Option<Date>,
    /// Another day of leaving.
    pub departure: Option<Date>,
    /// Another room type.
    pub room_type_id: Option<Uuid>,
    /// Other terms.
    pub rate_plan_id: Option<Uuid>,
    /// 1 to 20.
    pub adults: Option<i16>,
    /// 0 to 20.
    pub children: Option<i16>,
    /// What the desk keeps in mind.
    pub notes: Option<String>,
}

/// Promises the held rooms of a booking, all of them, and opens their folios.
pub async fn confirm(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    booking: Uuid,
    seen: Option<IfMatch>,
) -> Result<Booking, AppError> {
    tenant.may_begin(Business::BookingAtDesk)?;
    let now = tenant.clock().now();
    let (version, held) = store::lock_booking(db, booking).await?.ok_or_else(sheets::unknown_booking)?;
    seen.unwrap_or(IfMatch(version)).check(version)?;
    let (holds, others): (Vec<Held>, Vec<Held>) = held.into_iter().partition(|held| held.status == Status::Hold);
    if holds.is_empty() {
        let status = others.first().map_or(Status::Expired, |other| other.status);
        let expired = others.iter().any(|other| other.status == Status::Expired);
        let refusal = Refusal::NotAllowed { action: Action::Confirm, status };
        return Err(if expired { Refusal::HoldExpired } else { refusal }.into());
    }
    if holds.iter().any(|held| held.hold_until.is_none_or(|until| until <= now)) {
        return Err(Refusal::HoldExpired.into());
    }
    let ids: Vec<Uuid> = holds.iter().map(|held| held.id).collect();
    let nights = store::nights(db, &ids).await?;
    let mut moves = Moves::default();
    weigh(&mut moves, Counter::Held, &nights, -1);
    weigh(&mut moves, Counter::Sold, &nights, 1);
    count(db, &moves).await?;
    store::settle(db, now, booking, &ids, Status::Confirmed, "").await?;
    audit::record(db, tenant, actor, "booking.confirm", ("booking", booking), json!({ "rooms": ids.len() })).await?;
    folios::open_all(db, tenant, &ids).await?;
    sheets::booking(db, booking).await
}

/// Gives a reservation up, as of the version seen: its nights go back on sale, its room is free.
pub async fn cancel(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    id: Uuid,
    seen: Option<IfMatch>,
    reason: &str,
) -> Result<Reservation, AppError> {
    end(db, tenant, actor, id, seen, Action::Cancel, reason).await
}

/// Notes that a guest never came, as of the version seen: the nights go back on sale.
pub async fn no_show(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    id: Uuid,
    seen: IfMatch,
    reason: &str,
) -> Result<Reservation, AppError> {
    end(db, tenant, actor, id, Some(seen), Action::NoShow, reason).await
}

/// Expects a guest again who was given up or missed, as of the version seen: the nights are taken at the price agreed, if
/// they are still free.
pub async fn reinstate(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    id: Uuid,
    seen: IfMatch,
) -> Result<Reservation, AppError> {
    tenant.may_begin(Business::BookingAtDesk)?;
    let held = hold(db, id, Some(seen)).await?;
    let status = allowed(&held, Action::Reinstate)?;
    let mut moves = Moves::default();
    weigh(&mut moves, Counter::Sold, &store::nights(db, &[id]).await?, 1);
    make_way(db, tenant, held.terms, &mut moves).await?;
    count(db, &moves).await?;
    store::settle(db, tenant.clock().now(), held.booking, &[id], status, "").await?;
    folios::reopen(db, tenant, actor, id).await?;
    audit::record(db, tenant, actor, "reservation.reinstate", ("reservation", id), json!({})).await?;
    sheets::by_id(db, id).await
}

/// The status after an action that is allowed now.
fn allowed(held: &Held, action: Action) -> Result<Status, Refusal> {
    let allowed = held.status.allows(action, held.terms.stay, held.business_date);
    let refusal = Refusal::NotAllowed { action, status: held.status };
    held.status.after(action).filter(|_| allowed).ok_or(refusal)
}

async fn end(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    id: Uuid,
    seen: Option<IfMatch>,
    action: Action,
    reason: &str,
) -> Result<Reservation, AppError> {
    let reason = fields::text("reason", reason, 500)?;
    let held = hold(db, id, seen).await?;
    let status = allowed(&held, action)?;
    let mut moves = Moves::default();
    if let Some(counter) = held.status.counter() {
        weigh(&mut moves, counter, &store::nights(db, &[id]).await?, -1);
    }
    count(db, &moves).await?;
    store::settle(db, tenant.clock().now(), held.booking, &[id], status, &reason).await?;
    front_desk::release(db, id, held.terms.stay.arrival()).await?;
    folios::close_unused(db, tenant, actor, id).await?;
    let what = format!("reservation.{action}");
    audit::record(db, tenant, actor, &what, ("reservation", id), json!({ "reason": reason })).await?;
    sheets::by_id(db, id).await
}

/// Changes a reservation as of the version seen: nights, type, plan, party, notes.
pub async fn amend_seen(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    id: Uuid,
    seen: IfMatch,
    wish: Amendment,
) -> Result<Reservation, AppError> {
    let mut held = hold(db, id, Some(seen)).await?;
    let party = held.party;
    let adults = wish.adults.unwrap_or(held.party.adults);
    held.party = Party::new(adults, wish.children.unwrap_or(held.party.children), "")?;
    if let Some(notes) = &wish.notes {
        held.notes = fields::text("notes", notes, 2_000)?;
    }
    let Amendment { arrival, departure, room_type_id: room_type, rate_plan_id: rate_plan, .. } = wish;
    let (before, regrouped) = (held.terms, held.party != party);
    let wish = Wish { arrival, departure, room_type, rate_plan };
    let after = rewrite(db, tenant, actor, held, regrouped, wish).await?;
    front_desk::follow(db, tenant, id, before, after).await?;
    sheets::by_id(db, id).await
}

/// Changes what a reservation was sold as, for whoever holds it: nights that stay keep their price, others are priced now.
/// Answers what it was and what it is; its rooms are the caller's to let follow.
pub async fn amend(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    id: Uuid,
    wish: Wish,
) -> Result<(Terms, Terms), AppError> {
    let held = hold(db, id, None).await?;
    let before = held.terms;
    Ok((before, rewrite(db, tenant, actor, held, false, wish).await?))
}

/// Writes what is wanted instead. The room type is measured anew when it is another or the party is (`regrouped`): a guest keeps what was
/// sold when the type shrinks or leaves the shelf.
async fn rewrite(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    held: Held,
    regrouped: bool,
    wish: Wish,
) -> Result<Terms, AppError> {
    let before = held.terms;
    let agreed: Vec<Night> = store::nights(db, &[held.id]).await?.into_iter().map(|(_, night)| night).collect();
    let Change { terms, kept, fresh } = change(held.status, before, &agreed, wish, held.business_date)?;
    if regrouped || terms.room_type != before.room_type {
        let room_type = rooms::types_by_id(db, &[terms.room_type]).await?;
        fits(room_type.first(), held.party, "")?;
    }
    let fresh = price_now(db, terms, &fresh).await?;
    inventory::reach(db, &[terms.room_type], held.business_date, terms.stay.departure()).await?;

    let mut moves = Moves::default();
    agreed.iter().for_each(|night| moves.add(Counter::Sold, night.room_type, night.day, -1));
    kept.iter().for_each(|night| moves.add(Counter::Sold, night.room_type, night.day, 1));
    fresh.iter().for_each(|(day, _)| moves.add(Counter::Sold, terms.room_type, *day, 1));
    make_way(db, tenant, terms, &mut moves).await?;
    count(db, &moves).await?;
    let changed: Vec<Date> = agreed.iter().filter(|night| !kept.contains(night)).map(|night| night.day).collect();
    if folios::has_posted(db, held.id, &changed).await? {
        return Err(Refusal::PostedNights.into());
    }
    let after = Held { terms, ..held };
    store::amend(db, tenant.clock().now(), &after, &kept, &fresh).await?;
    let what = json!({
        "arrival": terms.stay.arrival(), "departure": terms.stay.departure(),
        "room_type_id": terms.room_type, "rate_plan_id": terms.rate_plan,
        "adults": after.party.adults, "children": after.party.children,
    });
    audit::record(db, tenant, actor, "reservation.amend", ("reservation", after.id), what).await?;
    Ok(terms)
}

/// Lets holds go that ran out and stand in the way of more nights.
async fn make_way(db: &Session, tenant: &Tenant, terms: Terms, moves: &mut Moves) -> Result<(), AppError> {
    if moves.iter().all(|(.., sold)| sold <= 0) {
        return Ok(());
    }
    let (arrival, departure) = (terms.stay.arrival(), terms.stay.departure());
    let expired = store::expire(db, tenant.clock().now(), &[terms.room_type], arrival, departure).await?;
    for (room_type, day, held, sold) in expired.moves.iter() {
        moves.add(Counter::Held, room_type, day, held);
        moves.add(Counter::Sold, room_type, day, sold);
    }
    super::counting::announce_expired(db, tenant, &expired).await
}

async fn price_now(db: &Session, terms: Terms, fresh: &[Date]) -> Result<Vec<(Date, Rupiah)>, AppError> {
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    if rates::plans_by_id(db, &[terms.rate_plan]).await?.first().is_none_or(|plan| plan.archived) {
        return Err(fields::wrong("rate_plan_id", "there is no such rate plan"));
    }
    let Terms { stay, room_type, rate_plan } = terms;
    let asked = Asked { rate_plan, room_type, from: stay.arrival(), to: stay.departure() };
    let prices = rates::prices(db, &[asked]).await?;
    Ok(price(terms, fresh, prices.into_iter(), stay.nights())?)
}

/// A reservation, held until the transaction ends, that is still as it was seen.
async fn hold(db: &Session, id: Uuid, seen: Option<IfMatch>) -> Result<Held, AppError> {
    let held = store::lock(db, id).await?.ok_or_else(sheets::unknown)?;
    seen.unwrap_or(IfMatch(held.version)).check(held.version)?;
    Ok(held)
}
