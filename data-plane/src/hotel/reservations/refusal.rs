//! Why a reservation is not made or not changed.
use hotelhub_web::{AppError, Kind};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Action, BadStay, Status, amend};
use crate::hotel::rooms::inventory::FullNight;
use crate::hotel::wording::sentence;

/// A night that has no price for this type and plan, or is closed for sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnsoldNight {
    /// The night of this date.
    pub date: Date,
    /// The room type wanted.
    pub room_type_id: Uuid,
    /// The plan wanted.
    pub rate_plan_id: Uuid,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The dates are no stay; the field says where.
    #[error("{why}")]
    Stay {
        /// The field a clerk has to look at.
        field: String,
        /// What is wrong with it.
        why: BadStay,
    },
    /// A booking has at least one room and at most thirty.
    #[error("a booking has 1 to 30 rooms")]
    Rooms,
    /// A field holds what it cannot.
    #[error("{message}")]
    Field {
        /// The field.
        field: String,
        /// What it may hold.
        message: String,
    },
    /// Nights without a room left.
    #[error("{} full", nights(.0.len()))]
    SoldOut(Vec<FullNight>),
    /// Nights without a price.
    #[error("{} not for sale under this rate plan", nights(.0.len()))]
    NotForSale(Vec<UnsoldNight>),
    /// The plan asks for a longer stay.
    #[error("this rate plan asks for at least {0} nights")]
    TooShort(i16),
    /// Not in this status, or not on this day.
    #[error("a reservation that is {status} does not allow {action} now")]
    NotAllowed {
        /// What was tried.
        action: Action,
        /// Where the reservation stands.
        status: Status,
    },
    /// Nights before the business date are slept.
    #[error("nights before the business date are slept and do not change")]
    SleptNights,
    /// A night whose posting stands on the folio would change.
    #[error("a night that would change is on the bill already; reverse its posting first")]
    PostedNights,
    /// The nights together cost more than can be counted.
    #[error("the price is too large")]
    TooDear,
    /// The hold ran out and its room is no longer kept.
    #[error("the time to confirm has run out")]
    HoldExpired,
}

impl Refusal {
    /// A refusal of dates, naming the field.
    pub fn stay(field: &str, why: BadStay) -> Self {
        Self::Stay { field: field.to_owned(), why }
    }

    /// A refusal of dates in the n-th room of a booking.
    pub fn stay_of(n: usize, why: BadStay) -> Self {
        Self::Stay { field: format!("reservations[{n}].{}", amend::field_of(why)), why }
    }
}

fn nights(count: usize) -> String {
    if count == 1 { "one night is".to_owned() } else { format!("{count} nights are") }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let (kind, code) = match &refusal {
            Refusal::Stay { why, .. } => (Kind::Invalid, code_of(*why)),
            Refusal::Rooms => (Kind::Invalid, "wrong-number-of-rooms"),
            Refusal::Field { .. } => (Kind::Invalid, "invalid-field"),
            Refusal::SoldOut(_) => (Kind::Conflict, "sold-out"),
            Refusal::NotForSale(_) => (Kind::Conflict, "not-for-sale"),
            Refusal::TooShort(_) => (Kind::Conflict, "stay-too-short"),
            Refusal::NotAllowed { .. } => (Kind::Conflict, "not-allowed-now"),
            Refusal::SleptNights => (Kind::Conflict, "nights-slept"),
            Refusal::PostedNights => (Kind::Conflict, "nights-posted"),
            Refusal::TooDear => (Kind::Invalid, "price-too-large"),
            Refusal::HoldExpired => (Kind::Conflict, "hold-expired"),
        };
        let error = Self::new(kind, code, sentence(&refusal));
        match refusal {
            Refusal::Stay { field, why } => error.field(field, why.to_string()),
            Refusal::Rooms => error.field("reservations", "1 to 30 rooms"),
            Refusal::Field { field, message } => error.field(field, message),
            Refusal::SoldOut(nights) => error.with("conflicts", nights),
            Refusal::NotForSale(nights) => error.with("conflicts", nights),
            Refusal::TooShort(least) => error.with("min_nights", least),
            Refusal::NotAllowed { action, status } => error.with("action", action).with("reservation_status", status),
            _ => error,
        }
    }
}

fn code_of(why: BadStay) -> &'static str {
    match why {
        BadStay::NoNights => "no-nights",
        BadStay::TooLong(_) => "stay-too-long",
        BadStay::InThePast(_) => "arrival-in-the-past",
        BadStay::TooFarAhead(_) => "too-far-ahead",
        BadStay::NoSuchArrival | BadStay::NoSuchDeparture => "no-such-year",
    }
}
