//! What may happen to a reservation, and when.
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Stay;
use crate::hotel::rooms::inventory::Counter;

/// Where a reservation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The room is kept until `hold_until`, not yet promised.
    Hold,
    /// Promised.
    Confirmed,
    /// The guest has the key.
    InHouse,
    /// Slept and left.
    CheckedOut,
    /// Given up by guest or hotel.
    Cancelled,
    /// The guest never came.
    NoShow,
    /// A hold whose time ran out.
    Expired,
}

/// What somebody does to a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Promise a held room.
    Confirm,
    /// Let a hold go because its time ran out; done by the house, never by a clerk.
    Expire,
    /// Change nights, room type, rate plan, guests or notes.
    Amend,
    /// Give the room up.
    Cancel,
    /// Note that the guest never came.
    NoShow,
    /// Choose the room, or take the choice back.
    AssignRoom,
    /// Put into another room or on other nights, as on the tape chart.
    Move,
    /// Hand over the key.
    CheckIn,
    /// Take the key back.
    CheckOut,
    /// Undo a check-in that was a slip.
    RevertCheckIn,
    /// Undo a check-out that was a slip.
    RevertCheckOut,
    /// Expect a guest again who was given up or missed.
    Reinstate,
}

/// Which steps of the hotel's own day can still be taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slips {
    /// Checked in today, and nothing that counts is posted or paid.
    pub check_in: bool,
    /// Checked out today.
    pub check_out: bool,
}

impl Slips {
    fn allow(self, action: Action) -> bool {
        match action {
            Action::RevertCheckIn => self.check_in,
            Action::RevertCheckOut => self.check_out,
            _ => true,
        }
    }
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] =
        [Self::Hold, Self::Confirmed, Self::InHouse, Self::CheckedOut, Self::Cancelled, Self::NoShow, Self::Expired];

    /// The status as the database and JSON write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Confirmed => "confirmed",
            Self::InHouse => "in_house",
            Self::CheckedOut => "checked_out",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
            Self::Expired => "expired",
        }
    }

    /// Reads what [`Status::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// The status after an action, or nothing when the action is not for this status.
    pub fn after(self, action: Action) -> Option<Self> {
        match (self, action) {
            (Self::Hold, Action::Confirm) => Some(Self::Confirmed),
            (Self::Hold, Action::Expire) => Some(Self::Expired),
            (Self::Hold | Self::Confirmed, Action::Cancel) => Some(Self::Cancelled),
            (Self::Confirmed, Action::NoShow) => Some(Self::NoShow),
            (Self::Confirmed, Action::CheckIn) => Some(Self::InHouse),
            (Self::InHouse, Action::CheckOut) => Some(Self::CheckedOut),
            (Self::InHouse, Action::RevertCheckIn) => Some(Self::Confirmed),
            (Self::CheckedOut, Action::RevertCheckOut) => Some(Self::InHouse),
            (Self::Cancelled | Self::NoShow, Action::Reinstate) => Some(Self::Confirmed),
            (Self::Confirmed | Self::InHouse, Action::Amend | Action::AssignRoom | Action::Move) => Some(self),
            _ => None,
        }
    }

    /// The counter the reservation's nights weigh on; none once it is given up.
    pub fn counter(self) -> Option<Counter> {
        match self {
            Self::Hold => Some(Counter::Held),
            Self::Confirmed | Self::InHouse | Self::CheckedOut => Some(Counter::Sold),
            Self::Cancelled | Self::NoShow | Self::Expired => None,
        }
    }

    /// What a clerk may do on this business date, in the order the buttons stand.
    pub fn allowed_actions(self, stay: Stay, business_date: Date, slips: Slips) -> Vec<Action> {
        const OFFERED: [Action; 11] = [
            Action::Confirm,
            Action::AssignRoom,
            Action::CheckIn,
            Action::CheckOut,
            Action::Move,
            Action::Amend,
            Action::NoShow,
            Action::Cancel,
            Action::RevertCheckIn,
            Action::RevertCheckOut,
            Action::Reinstate,
        ];
        let open = |action: &Action| slips.allow(*action) && self.allows(*action, stay, business_date);
        OFFERED.into_iter().filter(open).collect()
    }

    /// Whether the action is for this status and this day: nobody is missed or let in before the arrival, nobody checks in
    /// or is expected again after the last night.
    pub fn allows(self, action: Action, stay: Stay, business_date: Date) -> bool {
        let day = match action {
            Action::NoShow => business_date >= stay.arrival(),
            Action::CheckIn => stay.holds(business_date),
            Action::Reinstate => business_date < stay.departure(),
            _ => true,
        };
        day && self.after(action).is_some()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Action {
    /// The action as JSON, doors and the audit log write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Expire => "expire",
            Self::Amend => "amend",
            Self::Cancel => "cancel",
            Self::NoShow => "no-show",
            Self::AssignRoom => "assign-room",
            Self::Move => "move",
            Self::CheckIn => "check-in",
            Self::CheckOut => "check-out",
            Self::RevertCheckIn => "revert-check-in",
            Self::RevertCheckOut => "revert-check-out",
            Self::Reinstate => "reinstate",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
