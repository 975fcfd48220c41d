//! Making a booking: understand the wish, price it, count it, write it.
use futures_util::future::join5;
use hotelhub_kernel::Rupiah;
use hotelhub_web::{AppError, Wrong};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::counting::{announce_expired, count};
use super::sheet::Booking;
use super::store::{self, NewBooking};
use super::wish::{BookingWish, Promise, Room, Through};
use super::{Night, Refusal, ReleaseExpiredHolds, Status, Terms, UnsoldNight, booking_code, sheets};
use crate::audit::{self, Actor};
use crate::hotel::availability::Party;
use crate::hotel::properties::{self, Property};
use crate::hotel::rates::{self, Asked, Priced, RatePlan};
use crate::hotel::rooms::inventory::{self, Counter};
use crate::hotel::rooms::{self, RoomType};
use crate::hotel::{fields, folios};
use crate::queue;
use crate::tenancy::{Session, Tenant};

/// How long a hold is kept.
pub const HOLD: SignedDuration = SignedDuration::from_mins(15);

/// Books the rooms of a wish, all or none, or says which nights are full.
pub async fn book(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    through: Through,
    wish: BookingWish,
) -> Result<Booking, AppError> {
    tenant.may_begin(through.business())?;
    let rooms = wish.rooms(through)?;
    let guest = wish.guest.checked(tenant.ids().next(), "guest")?;
    let notes = wish.noted()?;
    let now = tenant.clock().now();
    let (house, expired) = read(db, now, &rooms).await?;
    let nights = house.sell(&rooms, through)?;

    let (status, counter, hold_until) = match wish.status {
        Promise::Hold => (Status::Hold, Counter::Held, Some(now + HOLD)),
        Promise::Confirmed => (Status::Confirmed, Counter::Sold, None),
    };
    take(db, tenant, expired, counter, &nights).await?;

    let id = tenant.ids().next();
    let rooms: Vec<(Uuid, Room)> = rooms.into_iter().map(|room| (tenant.ids().next(), room)).collect();
    let nights: Vec<(Uuid, Night)> =
        rooms.iter().zip(nights).flat_map(|((id, _), nights)| nights.into_iter().map(|night| (*id, night))).collect();
    let link = match &through {
        Through::Desk => None,
        Through::Public { link } => Some(link.as_slice()),
    };
    let booking = NewBooking {
        id,
        property: house.property.id,
        business_date: house.property.business_date,
        codes: std::array::from_fn(|_| booking_code(&tenant.node().entropy)),
        source: wish.source.as_str(),
        link,
        guest: &guest,
        status,
        hold_until,
        notes: &notes,
        rooms: &rooms,
        nights: &nights,
    };
    store::book(db, now, &booking).await?;
    let what = json!({ "status": status, "rooms": rooms.len() });
    audit::record(db, tenant, actor, "booking.create", ("booking", id), what).await?;
    let rooms: Vec<Uuid> = rooms.into_iter().map(|(id, _)| id).collect();
    match hold_until {
        Some(due) => queue::enqueue_at(db, tenant, &ReleaseExpiredHolds {}, due).await?,
        None => folios::open_all(db, tenant, &rooms).await?,
    }
    sheets::booking(db, id).await
}

/// Counts the nights of every room, after what ran out was given back, or says which are full.
async fn take(
    db: &Session,
    tenant: &Tenant,
    expired: store::Expired,
    counter: Counter,
    nights: &[Vec<Night>],
) -> Result<(), AppError> {
    let mut moves = expired.moves.clone();
    for night in nights.iter().flatten() {
        moves.add(counter, night.room_type, night.day, 1);
    }
    count(db, &moves).await?;
    announce_expired(db, tenant, &expired).await
}

/// What a wish is measured against.
pub(super) struct House {
    pub(super) property: Property,
    types: Vec<RoomType>,
    plans: Vec<RatePlan>,
    prices: Vec<Priced>,
}

/// Reads, in one round trip, what the rooms of a wish are measured against, and lets holds go that ran out on their nights.
async fn read(db: &Session, now: Timestamp, rooms: &[Room]) -> Result<(House, store::Expired), AppError> {
    let mut types: Vec<Uuid> = rooms.iter().map(|room| room.terms.room_type).collect();
    types.sort();
    types.dedup();
    let plans: Vec<Uuid> = rooms.iter().map(|room| room.terms.rate_plan).collect();
    let asked: Vec<Asked> = rooms.iter().map(|room| asked(room.terms)).collect();
    let from = rooms.iter().map(|room| room.terms.stay.arrival()).min().unwrap_or(Date::ZERO);
    let to = rooms.iter().map(|room| room.terms.stay.departure()).max().unwrap_or(Date::ZERO);
    // Not `try_join`: a call that was begun is awaited, or its connection is lost.
    let (property, known, plans, prices, expired) = join5(
        properties::the_one(db),
        rooms::types_by_id(db, &types),
        rates::plans_by_id(db, &plans),
        rates::prices(db, &asked),
        store::expire(db, now, &types, from, to),
    )
    .await;
    let house = House { property: property?, types: known?, plans: plans?, prices: prices? };
    let reach = rooms.iter().map(|room| room.terms.stay.before_horizon(house.property.business_date));
    for (n, reached) in reach.enumerate() {
        reached.map_err(|why| Refusal::stay_of(n, why))?;
    }
    let known: Vec<Uuid> = house.types.iter().map(|room_type| room_type.id).collect();
    inventory::reach(db, &known, house.property.business_date, to).await?;
    Ok((house, expired?))
}

fn asked(terms: Terms) -> Asked {
    let Terms { stay, room_type, rate_plan } = terms;
    Asked { rate_plan, room_type, from: stay.arrival(), to: stay.departure() }
}

impl House {
    /// The nights of each room with the prices they are sold for now, or why one is not.
    fn sell(&self, rooms: &[Room], through: Through) -> Result<Vec<Vec<Night>>, AppError> {
        rooms.iter().enumerate().map(|(n, room)| self.sell_one(n, room, through)).collect()
    }

    fn sell_one(&self, n: usize, room: &Room, through: Through) -> Result<Vec<Night>, AppError> {
        let Room { terms, party } = *room;
        terms.stay.sold_on(self.property.business_date).map_err(|why| Refusal::stay_of(n, why))?;
        let place = format!("reservations[{n}].");
        let room_type = self.types.iter().find(|known| known.id == terms.room_type);
        fits(room_type, party, &place)?;
        let plan = self.plans.iter().find(|known| known.id == terms.rate_plan);
        if plan.is_none_or(|plan| plan.archived || through != Through::Desk && !plan.public) {
            return Err(fields::wrong(format!("{place}rate_plan_id"), "there is no such rate plan"));
        }
        let prices = self.prices.iter().filter(|price| price.asked == n).copied();
        let days: Vec<Date> = terms.stay.days().collect();
        let priced = price(terms, &days, prices, terms.stay.nights())?;
        let night = |(day, price)| Night { day, room_type: terms.room_type, rate_plan: terms.rate_plan, price };
        Ok(priced.into_iter().map(night).collect())
    }
}

/// Refuses a type that is not there, or too small for the party.
pub(super) fn fits(room_type: Option<&RoomType>, party: Party, place: &str) -> Result<(), AppError> {
    let Some(room_type) = room_type.filter(|of| !of.archived) else {
        return Err(fields::wrong(format!("{place}room_type_id"), "there is no such room type"));
    };
    if party.fits(room_type.max_adults, room_type.max_children) {
        return Ok(());
    }
    let most = Wrong::new("at most {adults} adults and {children} children")
        .naming("adults", room_type.max_adults)
        .naming("children", room_type.max_children);
    Err(fields::wrong(format!("{place}adults"), most))
}

/// The prices of some nights of a stay of `nights` nights, or which of them are not for sale.
pub(super) fn price(
    terms: Terms,
    days: &[Date],
    prices: impl Iterator<Item = Priced>,
    nights: i32,
) -> Result<Vec<(Date, Rupiah)>, Refusal> {
    let for_sale: Vec<Priced> = prices.filter(|price| !price.night.closed).collect();
    let of = |day: &Date| for_sale.iter().find(|price| price.night.date == *day).map(|price| price.night);
    let unsold = |day: &&Date| of(day).is_none();
    let unsold: Vec<UnsoldNight> = days
        .iter()
        .filter(unsold)
        .map(|day| UnsoldNight { date: *day, room_type_id: terms.room_type, rate_plan_id: terms.rate_plan })
        .collect();
    if !unsold.is_empty() {
        return Err(Refusal::NotForSale(unsold));
    }
    let least = days.iter().filter_map(of).map(|night| night.min_nights).max().unwrap_or(1);
    if i32::from(least) > nights {
        return Err(Refusal::TooShort(least));
    }
    let sum = Rupiah::checked_sum(days.iter().filter_map(of).map(|night| night.price));
    sum.ok_or(Refusal::TooDear)?;
    Ok(days.iter().filter_map(|day| of(day).map(|night| (*day, night.price))).collect())
}
