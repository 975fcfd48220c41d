//! A guest's own booking: held, confirmed, looked at, given up.
use hotelhub_identity::LinkToken;
use hotelhub_web::{AppError, Kind, Lang, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::letters;
use super::model::{GuestBooking, cancellable, free_until};
use crate::audit::Actor;
use crate::hotel::guests::{self, NewGuest};
use crate::hotel::properties::{self, Property};
use crate::hotel::reservations::{self, Booking, BookingWish, Promise, RoomWish, Source, Through};
use crate::hotel::{fields, rates};
use crate::tenancy::{Business, Session, Tenant};

/// A booking and the token that opens it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeldBooking {
    /// Proves that the booking is the guest's; it stands in the manage link.
    pub token: String,
    /// The booking.
    #[serde(flatten)]
    pub booking: GuestBooking,
}

/// Who sleeps there until somebody says.
const UNNAMED: &str = "Tamu";

/// Keeps a room for a quarter of an hour.
pub async fn hold(session: &Session, tenant: &Tenant, actor: &Actor, wish: RoomWish) -> Result<HeldBooking> {
    tenant.may_begin(Business::BookingByGuest)?;
    let token = LinkToken::mint(&tenant.node().entropy);
    let wish = BookingWish {
        guest: NewGuest { name: UNNAMED.to_owned(), ..NewGuest::default() },
        status: Promise::Hold,
        source: Source::Web,
        notes: String::new(),
        reservations: vec![wish],
    };
    let booking = reservations::book(session, tenant, actor, Through::Public { link: token.hash() }, wish).await?;
    Ok(HeldBooking { token: token.as_text(), booking: seen_by_guest(session, tenant, booking).await? })
}

/// Promises a held room to a guest with a name and an address, and writes to them.
pub async fn confirm(
    session: &Session,
    tenant: &Tenant,
    actor: &Actor,
    token: &str,
    guest: &NewGuest,
    lang: Lang,
) -> Result<GuestBooking> {
    tenant.may_begin(Business::BookingByGuest)?;
    let booking = opened_by(session, token).await?;
    let sleeper = booking.reservations.first().ok_or_else(unknown)?.guest.id;
    let guest = guest.checked(sleeper, "guest")?;
    if guest.email.is_empty() {
        return Err(fields::wrong("guest.email", "the confirmation is sent there"));
    }
    guests::rewrite(session, tenant.clock().now(), &guest).await?;
    let booking = reservations::confirm(session, tenant, actor, booking.id, None).await?;
    let booking = seen_by_guest(session, tenant, booking).await?;
    letters::confirm(session, tenant, &booking, lang, token).await?;
    Ok(booking)
}

/// The booking that a token opens, or 404.
pub async fn find(session: &Session, tenant: &Tenant, token: &str) -> Result<GuestBooking> {
    let booking = opened_by(session, token).await?;
    seen_by_guest(session, tenant, booking).await
}

/// Gives the booking up while that is free.
pub async fn cancel(session: &Session, tenant: &Tenant, actor: &Actor, token: &str) -> Result<GuestBooking> {
    let booking = find(session, tenant, token).await?;
    let today = today(tenant, &properties::the_one(session).await?)?;
    cancellable(booking.status, booking.free_until, today, &booking.hotel.phone)?;
    let rooms = opened_by(session, token).await?.reservations;
    for room in rooms {
        reservations::cancel(session, tenant, actor, room.id, None, "").await?;
    }
    find(session, tenant, token).await
}

/// Refuses a token that does not open this booking.
pub async fn must_open(session: &Session, token: &str, booking: Uuid) -> Result<()> {
    if opened_by(session, token).await?.id == booking { Ok(()) } else { Err(unknown()) }
}

async fn opened_by(session: &Session, token: &str) -> Result<Booking> {
    let token = LinkToken::read(token).ok_or_else(unknown)?;
    let id = reservations::booking_of_link(session, &token.hash()).await?.ok_or_else(unknown)?;
    reservations::booking(session, id).await
}

/// The first of the rooms' last free days.
async fn seen_by_guest(session: &Session, tenant: &Tenant, booking: Booking) -> Result<GuestBooking> {
    let plans: Vec<Uuid> = booking.reservations.iter().map(|room| room.rate_plan.id).collect();
    let plans = rates::plans_by_id(session, &plans).await?;
    let days = |plan: Uuid| plans.iter().find(|known| known.id == plan).map_or(0, |plan| plan.free_cancellation_days);
    let free = booking.reservations.iter().map(|room| free_until(room.arrival, days(room.rate_plan.id))).min();
    let property = properties::the_one(session).await?;
    let today = today(tenant, &property)?;
    GuestBooking::of(booking, free.ok_or_else(unknown)?, property.into(), today).ok_or_else(unknown)
}

/// The calendar's day where the hotel stands: what a guest calls today.
fn today(tenant: &Tenant, property: &Property) -> Result<Date> {
    let zone = TimeZone::get(&property.time_zone).map_err(AppError::internal)?;
    Ok(tenant.clock().today(&zone))
}

fn unknown() -> AppError {
    AppError::new(Kind::NotFound, "unknown-booking", "There is no such booking, or its link is not complete.")
}
