//! A reservation and a booking as they are shown.
use hotelhub_kernel::Rupiah;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Action, Status};
use crate::hotel::availability::NightPrice;
use crate::hotel::step::Versioned;
use crate::hotel::taxes::Taxes;

/// A party's reservations, each one room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Booking {
    /// Its identity.
    pub id: Uuid,
    /// What the guest reads out on the telephone.
    pub code: String,
    /// Where it came from: `desk` or `web`.
    pub source: String,
    /// Counts up when reservations of it are confirmed, given up, missed or reinstated; not when one is amended or a hold runs out.
    pub version: i32,
    /// The rooms.
    pub reservations: Vec<Reservation>,
}

/// One room for some nights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reservation {
    /// Its identity.
    pub id: Uuid,
    /// The booking it belongs to.
    pub booking_id: Uuid,
    /// The booking's code.
    pub code: String,
    /// Where it came from: `desk` or `web`.
    pub source: String,
    /// Where it stands.
    pub status: Status,
    /// The first night.
    pub arrival: Date,
    /// The day of leaving.
    pub departure: Date,
    /// Every night and its agreed price, as the property enters prices.
    pub nights: Vec<NightPrice>,
    /// What was sold.
    pub room_type: Named,
    /// Under which terms.
    pub rate_plan: Named,
    /// Who sleeps there.
    pub guest: Sleeper,
    /// Which room, once one is chosen.
    pub room: Option<Door>,
    /// How many adults.
    pub adults: i16,
    /// How many children.
    pub children: i16,
    /// What the desk keeps in mind.
    pub notes: String,
    /// The bill, once there is one.
    pub folio_id: Option<Uuid>,
    /// What the nights cost together.
    pub total: Taxes,
    /// What is posted and not paid; negative when paid ahead.
    #[serde(rename = "balance_idr")]
    #[schema(value_type = i64)]
    pub balance: Rupiah,
    /// Until when a hold is kept.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub hold_until: Option<Timestamp>,
    /// What a clerk may do now.
    pub allowed_actions: Vec<Action>,
    /// Counts up with each change.
    pub version: i32,
}

/// Something with a code and a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    /// Its identity.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// The guest of a reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sleeper {
    /// The guest's identity.
    pub id: Uuid,
    /// In one field, as it is written.
    pub name: String,
    /// Empty when unknown.
    pub email: String,
    /// Empty when unknown.
    pub phone: String,
}

/// The room of a reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Door {
    /// The room's identity.
    pub id: Uuid,
    /// What stands on the door.
    pub number: String,
}

impl Versioned for Booking {
    fn version(&self) -> i32 {
        self.version
    }
}

impl Versioned for Reservation {
    fn version(&self) -> i32 {
        self.version
    }
}
