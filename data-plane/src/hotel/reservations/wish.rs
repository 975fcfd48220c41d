//! What somebody wants to book, checked at the door.
use hotelhub_web::AppError;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{LONGEST, LONGEST_PUBLIC, Refusal, Stay, Terms};
use crate::hotel::availability::Party;
use crate::hotel::fields;
use crate::hotel::guests::NewGuest;
use crate::tenancy::Business;

/// A party's wish.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingWish {
    /// Who books.
    pub guest: NewGuest,
    /// Whether the rooms are kept for a while or promised.
    pub status: Promise,
    /// Where the wish came from; the desk when nothing is said.
    #[serde(default)]
    pub source: Source,
    /// What the desk keeps in mind.
    #[serde(default)]
    pub notes: String,
    /// The rooms, 1 to 30.
    pub reservations: Vec<RoomWish>,
}

/// One room of a wish.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomWish {
    /// What kind of room.
    pub room_type_id: Uuid,
    /// Under which terms.
    pub rate_plan_id: Uuid,
    /// The first night.
    pub arrival: Date,
    /// The day of leaving.
    pub departure: Date,
    /// 1 to 20.
    pub adults: i16,
    /// 0 to 20.
    #[serde(default)]
    pub children: i16,
}

/// How firm a booking is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// Kept for fifteen minutes.
    Hold,
    /// Promised.
    Confirmed,
}

/// Where a booking came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A clerk.
    #[default]
    Desk,
    /// The public booking page.
    Web,
}

/// Who books, and what that allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// A clerk: every plan, stays of up to a year.
    Desk,
    /// The public: public plans, stays of up to thirty nights.
    Public {
        /// SHA-256 of the token in the guest's manage link.
        link: [u8; 32],
    },
}

impl Through {
    /// What a suspended hotel does not begin.
    pub(super) fn business(self) -> Business {
        match self {
            Self::Desk => Business::BookingAtDesk,
            Self::Public { .. } => Business::BookingByGuest,
        }
    }
}

/// A room of a wish, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) terms: Terms,
    pub(super) party: Party,
}

impl Source {
    /// The word of database and JSON.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Web => "web",
        }
    }
}

impl BookingWish {
    /// The rooms of the wish, or the field that is wrong.
    pub(super) fn rooms(&self, through: Through) -> Result<Vec<Room>, AppError> {
        if self.reservations.is_empty() || self.reservations.len() > 30 {
            return Err(Refusal::Rooms.into());
        }
        let longest = if through == Through::Desk { LONGEST } else { LONGEST_PUBLIC };
        self.reservations.iter().enumerate().map(|(n, wish)| wish.understood(n, longest)).collect()
    }

    /// The notes, or the refusal that names them.
    pub(super) fn noted(&self) -> Result<String, AppError> {
        fields::text("notes", &self.notes, 2_000)
    }
}

impl RoomWish {
    fn understood(&self, n: usize, longest: i32) -> Result<Room, AppError> {
        let stay = Stay::new(self.arrival, self.departure).and_then(|stay| stay.within(longest));
        let stay = stay.map_err(|why| Refusal::stay_of(n, why))?;
        let party = Party::new(self.adults, self.children, &format!("reservations[{n}]"))?;
        Ok(Room { terms: Terms { stay, room_type: self.room_type_id, rate_plan: self.rate_plan_id }, party })
    }
}
