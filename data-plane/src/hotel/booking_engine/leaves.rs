//! What the public pages show, formatted.
mod samples;

use hotelhub_web::{Lang, Refused, format};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::Serialize;
use uuid::Uuid;

use super::pages::Finder;
use super::{GuestBooking, free_until};
use crate::hotel::availability::{Availability, FreeType, Offer};
use crate::hotel::guests::NewGuest;
use crate::hotel::properties::Property;
use crate::hotel::reservations::Status;
use crate::hotel::taxes::Taxes;

/// `/`: the hotel, and when somebody wants to come.
#[derive(Serialize)]
pub(crate) struct HomePage {
    name: String,
    address: String,
    phone: String,
    email: String,
    checkin: String,
    checkout: String,
    finder: Finder,
}

/// `/book`: what is free, and what it costs.
#[derive(Serialize)]
pub(crate) struct OffersPage {
    finder: Finder,
    nights: Option<i32>,
    arrival: String,
    departure: String,
    types: Vec<TypeCard>,
    any: bool,
    pub(super) form_key: String,
    pub(super) refused: Option<Refused>,
}

/// A room type to choose.
#[derive(Serialize)]
struct TypeCard {
    id: Uuid,
    name: String,
    description: String,
    sleeps: i16,
    available: i32,
    few: bool,
    plans: Vec<PlanRow>,
}

/// The terms it can be had under.
#[derive(Serialize)]
struct PlanRow {
    id: Uuid,
    name: String,
    breakfast: bool,
    free_until: Option<String>,
    per_night: String,
    bill: Bill,
    nights: Vec<NightLine>,
}

/// A night of an offer.
#[derive(Serialize)]
struct NightLine {
    day: String,
    price: String,
}

/// A sum and what it consists of.
#[derive(Serialize)]
pub(crate) struct Bill {
    net: String,
    service: String,
    pb1: String,
    gross: String,
}

/// `/book/{id}`: who comes.
#[derive(Serialize)]
pub(crate) struct ConfirmPage {
    id: Uuid,
    token: String,
    until: Option<String>,
    expired: bool,
    rooms: Vec<RoomLine>,
    bill: Bill,
    free_until: Option<String>,
    name: String,
    email: String,
    phone: String,
    pub(super) form_key: String,
    pub(super) refused: Option<Refused>,
}

/// A room of a booking.
#[derive(Serialize)]
struct RoomLine {
    room_type: String,
    rate_plan: String,
    arrival: String,
    departure: String,
    nights: usize,
    adults: i16,
    children: i16,
}

/// `/manage/{token}`: the booking as its guest sees it.
#[derive(Serialize)]
pub(crate) struct ManagePage {
    token: String,
    code: String,
    status_key: String,
    tone: &'static str,
    guest: String,
    email: String,
    rooms: Vec<RoomLine>,
    bill: Bill,
    free_until: String,
    can_cancel: bool,
    ended: bool,
    hotel_name: String,
    address: String,
    phone: String,
    checkin: String,
    checkout: String,
    pub(super) form_key: String,
    pub(super) refused: Option<Refused>,
}

fn hour(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

impl Bill {
    fn of(total: &Taxes) -> Self {
        Self {
            net: format::rupiah(total.net),
            service: format::rupiah(total.service),
            pb1: format::rupiah(total.pb1),
            gross: format::rupiah(total.gross),
        }
    }
}

impl HomePage {
    pub(super) fn of(property: &Property, finder: Finder) -> Self {
        Self {
            name: property.name.clone(),
            address: property.address.clone(),
            phone: property.phone.clone(),
            email: property.email.clone(),
            checkin: hour(property.checkin_time),
            checkout: hour(property.checkout_time),
            finder,
        }
    }
}

impl OffersPage {
    pub(super) fn of(finder: Finder, free: Option<Availability>, today: Date, lang: Lang) -> Self {
        let day = |text: &str| text.parse::<Date>().map(|day| format::date_long(day, lang)).unwrap_or_default();
        let nights = free.as_ref().map(|free| free.nights);
        let types: Vec<TypeCard> = free
            .map(|free| {
                free.room_types
                    .into_iter()
                    .map(|of| TypeCard::of(of, [today, free.arrival], free.nights, lang))
                    .collect()
            })
            .unwrap_or_default();
        Self {
            arrival: day(&finder.arrival),
            departure: day(&finder.departure),
            finder,
            nights,
            any: types.iter().any(|of| !of.plans.is_empty()),
            types,
            form_key: String::new(),
            refused: None,
        }
    }
}

impl TypeCard {
    fn of(of: FreeType, days: [Date; 2], nights: i32, lang: Lang) -> Self {
        Self {
            id: of.id,
            name: of.name,
            description: of.description,
            sleeps: of.max_adults,
            available: of.available,
            few: (1..=3).contains(&of.available),
            plans: of.offers.iter().map(|offer| PlanRow::of(offer, days, nights, lang)).collect(),
        }
    }
}

impl PlanRow {
    fn of(offer: &Offer, [today, arrival]: [Date; 2], nights: i32, lang: Lang) -> Self {
        let until = Some(free_until(arrival, offer.free_cancellation_days))
            .filter(|until| offer.free_cancellation_days > 0 && *until >= today);
        let each = offer.total.gross.share(1, i64::from(nights.max(1))).unwrap_or_default();
        let line = |night: &crate::hotel::availability::NightPrice| NightLine {
            day: format!("{} {}", format::weekday_short(night.date, lang), format::day_month(night.date, lang)),
            price: format::rupiah(night.price),
        };
        Self {
            id: offer.rate_plan_id,
            name: offer.name.clone(),
            breakfast: offer.breakfast,
            free_until: until.map(|day| format::date(day, lang)),
            per_night: format::rupiah(each),
            bill: Bill::of(&offer.total),
            nights: offer.nights.iter().map(line).collect(),
        }
    }
}

fn rooms(booking: &GuestBooking, lang: Lang) -> Vec<RoomLine> {
    let line = |stay: &super::GuestStay| RoomLine {
        room_type: stay.room_type.clone(),
        rate_plan: stay.rate_plan.clone(),
        arrival: format::date_long(stay.arrival, lang),
        departure: format::date_long(stay.departure, lang),
        nights: stay.nights.len(),
        adults: stay.adults,
        children: stay.children,
    };
    booking.stays.iter().map(line).collect()
}

impl ConfirmPage {
    pub(super) fn of(
        booking: &GuestBooking,
        token: &str,
        guest: NewGuest,
        zone: &TimeZone,
        lang: Lang,
        now: Timestamp,
    ) -> Self {
        let running = booking.status == Status::Hold && booking.hold_until.is_some_and(|until| until > now);
        Self {
            id: booking.id,
            token: token.to_owned(),
            until: booking.hold_until.filter(|_| running).map(|until| format::time(until, zone)),
            expired: !running,
            rooms: rooms(booking, lang),
            bill: Bill::of(&booking.total),
            free_until: (booking.free_until >= now.to_zoned(zone.clone()).date())
                .then(|| format::date_long(booking.free_until, lang)),
            name: guest.name,
            email: guest.email,
            phone: guest.phone,
            form_key: String::new(),
            refused: None,
        }
    }
}

impl ManagePage {
    pub(super) fn of(booking: &GuestBooking, token: &str, lang: Lang) -> Self {
        let guest = booking.guest.as_ref();
        let ended = matches!(booking.status, Status::Cancelled | Status::Expired | Status::NoShow);
        Self {
            token: token.to_owned(),
            code: booking.code.clone(),
            status_key: format!("status.{}", booking.status),
            tone: crate::hotel::reservations::tone(booking.status),
            guest: guest.map(|guest| guest.name.clone()).unwrap_or_default(),
            email: guest.map(|guest| guest.email.clone()).unwrap_or_default(),
            rooms: rooms(booking, lang),
            bill: Bill::of(&booking.total),
            free_until: format::date_long(booking.free_until, lang),
            can_cancel: booking.can_cancel,
            ended,
            hotel_name: booking.hotel.name.clone(),
            address: booking.hotel.address.clone(),
            phone: booking.hotel.phone.clone(),
            checkin: hour(booking.hotel.checkin_time),
            checkout: hour(booking.hotel.checkout_time),
            form_key: String::new(),
            refused: None,
        }
    }
}
