//! What a guest sees of a booking, and until when giving it up is free.
use hotelhub_web::{AppError, Kind};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::availability::NightPrice;
use crate::hotel::properties::Sign;
use crate::hotel::reservations::{Action, Booking, Reservation, Status};
use crate::hotel::taxes::Taxes;

/// A booking as its guest sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GuestBooking {
    /// Its identity.
    pub id: Uuid,
    /// What the guest reads out on the telephone.
    pub code: String,
    /// Where it stands.
    pub status: Status,
    /// Until when an unconfirmed booking is kept.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub hold_until: Option<Timestamp>,
    /// Who sleeps there; absent until the booking is confirmed.
    pub guest: Option<GuestName>,
    /// The rooms.
    pub stays: Vec<GuestStay>,
    /// What all rooms cost together, service and PB1 included in `gross_idr`.
    pub total: Taxes,
    /// The last day on which giving it up is free.
    #[schema(value_type = String, format = Date)]
    pub free_until: Date,
    /// Whether it can be given up for nothing now.
    pub can_cancel: bool,
    /// Where it is.
    pub hotel: Sign,
}

/// The guest of a booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GuestName {
    /// In one field, as it is written.
    pub name: String,
    /// Where letters go.
    pub email: String,
    /// For calls; empty when unknown.
    pub phone: String,
}

/// A room for some nights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GuestStay {
    /// What was sold.
    pub room_type: String,
    /// Under which terms.
    pub rate_plan: String,
    /// The first night.
    #[schema(value_type = String, format = Date)]
    pub arrival: Date,
    /// The day of leaving.
    #[schema(value_type = String, format = Date)]
    pub departure: Date,
    /// Every night and its price, as the hotel enters prices.
    pub nights: Vec<NightPrice>,
    /// How many adults.
    pub adults: i16,
    /// How many children.
    pub children: i16,
    /// What the room costs.
    pub total: Taxes,
}

/// The last day on which giving up a stay is free: so many days before its arrival.
pub fn free_until(arrival: Date, free_cancellation_days: i16) -> Date {
    arrival.saturating_sub(i32::from(free_cancellation_days).days())
}

/// Refuses to give up for nothing what was confirmed and is past its last free day.
pub fn cancellable(status: Status, free_until: Date, today: Date, phone: &str) -> Result<(), AppError> {
    if status == Status::Hold || today <= free_until {
        return Ok(());
    }
    let detail = format!("Giving this booking up was free until {free_until}. Please call the hotel: {phone}.");
    Err(AppError::new(Kind::Conflict, "cancellation-fee", detail).with("phone", phone).with("free_until", free_until))
}

impl From<Reservation> for GuestStay {
    fn from(room: Reservation) -> Self {
        Self {
            room_type: room.room_type.name,
            rate_plan: room.rate_plan.name,
            arrival: room.arrival,
            departure: room.departure,
            nights: room.nights,
            adults: room.adults,
            children: room.children,
            total: room.total,
        }
    }
}

impl GuestBooking {
    /// A booking as its guest sees it on a calendar day; nothing when it holds no room or its sum does not fit.
    pub fn of(booking: Booking, free_until: Date, hotel: Sign, today: Date) -> Option<Self> {
        let first = booking.reservations.first()?;
        let (status, hold_until) = (first.status, first.hold_until);
        let known = !matches!(status, Status::Hold | Status::Expired);
        let guest = known.then(|| GuestName {
            name: first.guest.name.clone(),
            email: first.guest.email.clone(),
            phone: first.guest.phone.clone(),
        });
        let ends = status.after(Action::Cancel).is_some();
        Some(Self {
            id: booking.id,
            code: booking.code,
            status,
            hold_until,
            guest,
            total: Taxes::checked_sum(booking.reservations.iter().map(|room| room.total))?,
            stays: booking.reservations.into_iter().map(GuestStay::from).collect(),
            free_until,
            can_cancel: ends && cancellable(status, free_until, today, "").is_ok(),
            hotel,
        })
    }
}
