//! What the desk calls a stay today, which room takes which guest, and when a guest leaves.
use hotelhub_kernel::Rupiah;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::reservations::{Action, Status, Stay};
use crate::hotel::rooms::{Housekeeping, Room, Service};

/// What the desk calls a stay on the hotel's own day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Expected today, or before and not yet here.
    DueIn,
    /// Leaves today.
    DueOut,
    /// Sleeps here tonight too.
    StayOver,
    /// Should have left before today.
    Overstay,
}

/// The label of a stay on a business date; none for what is neither expected nor here.
pub fn label(status: Status, stay: Stay, business_date: Date) -> Option<Label> {
    match status {
        Status::Confirmed if stay.arrival() <= business_date => Some(Label::DueIn),
        Status::InHouse if stay.departure() == business_date => Some(Label::DueOut),
        Status::InHouse if stay.departure() < business_date => Some(Label::Overstay),
        Status::InHouse => Some(Label::StayOver),
        _ => None,
    }
}

/// The day a guest who leaves now has stayed up to: the first night is owed in any case, nights not slept are given back.
pub fn leaves_on(stay: Stay, business_date: Date) -> Date {
    let first_morning = stay.arrival().saturating_add(1.day());
    business_date.max(first_morning).min(stay.departure())
}

/// The nights for which a room is given: those to come, or those from the day that is asked. Of a guest in house, nights slept
/// stay where they were.
pub fn nights_to_place(status: Status, stay: Stay, business_date: Date, from: Option<Date>) -> Result<Stay, Refusal> {
    let earliest = match status {
        Status::Confirmed => stay.arrival(),
        Status::InHouse => stay.arrival().max(business_date),
        _ => return Err(Refusal::NotAllowed { action: Action::AssignRoom, status }),
    };
    let from = from.unwrap_or(earliest.max(business_date));
    let nights = Stay::new(from, stay.departure()).ok().filter(|nights| nights.arrival() >= earliest);
    nights.ok_or(Refusal::OutsideStay { earliest, departure: stay.departure() })
}

/// Refuses a room that cannot be slept in, and one of another type than was booked to whoever may not change that.
pub fn fits(room: &Room, booked: Uuid, may_change_type: bool) -> Result<(), Refusal> {
    if room.service == Service::Ooo {
        return Err(Refusal::OutOfOrder(room.number.clone()));
    }
    if room.room_type_id != booked && !may_change_type {
        return Err(Refusal::OtherType(room.number.clone()));
    }
    Ok(())
}

/// Refuses a room that is not clean, unless the guest takes it as it is.
pub fn is_ready(room: &Room, accept_dirty: bool) -> Result<(), Refusal> {
    let clean = matches!(room.housekeeping, Housekeeping::Clean | Housekeeping::Inspected);
    if clean || accept_dirty { Ok(()) } else { Err(Refusal::NotReady(room.number.clone())) }
}

/// Nights for which somebody else has the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TakenNights {
    /// The first night.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// The morning after the last.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
}

/// Occupied rooms in basis points of all rooms, rounded half up.
pub fn occupancy_bp(occupied: i64, rooms: i64) -> i64 {
    Rupiah(occupied).share(10_000, rooms).map_or(0, |share| share.0)
}

/// Why the desk refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is no such reservation.
    #[error("there is no such reservation")]
    UnknownReservation,
    /// There is no such room.
    #[error("there is no such room")]
    UnknownRoom,
    /// The reservation moved on since it was read.
    #[error("this reservation was changed meanwhile; read it again")]
    Stale,
    /// Not in this status, or not on this day.
    #[error("a reservation that is {status} does not allow {action} now")]
    NotAllowed {
        /// What was tried.
        action: Action,
        /// Where the reservation stands.
        status: Status,
    },
    /// The day asked for lies outside the nights that can still be placed.
    #[error("a room can be given from {earliest} up to {departure}")]
    OutsideStay {
        /// The first night that can be placed.
        earliest: Date,
        /// The departure.
        departure: Date,
    },
    /// Somebody else has the room.
    #[error("room {number} is taken for some of these nights")]
    RoomTaken {
        /// The room.
        number: String,
        /// When it is taken.
        nights: Vec<TakenNights>,
    },
    /// The room cannot be slept in.
    #[error("room {0} is out of order")]
    OutOfOrder(String),
    /// Whoever had the room has not left it.
    #[error("the guest before has not left room {0}")]
    Occupied(String),
    /// The room is not clean.
    #[error("room {0} is not ready")]
    NotReady(String),
    /// The room is of another type than was sold.
    #[error("room {0} is of another type than was booked; giving it takes the right to amend reservations")]
    OtherType(String),
    /// Nobody gave the guest a room.
    #[error("no room is assigned for tonight")]
    NoRoom,
    /// The guest checked in on an earlier day, or something is posted.
    #[error("the check-in can only be taken back on its own day and before anything is posted or paid")]
    TooLateToRevert,
    /// The guest left on an earlier day.
    #[error("the check-out can only be taken back on its own day")]
    LeftBefore,
    /// Somebody else has the key of the room.
    #[error("room {0} was given to the next guest")]
    GivenAway(String),
}
