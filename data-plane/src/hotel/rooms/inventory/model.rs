//! Moves of counters, collected and then made at once.
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Which counter of a night a reservation weighs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Kept for a guest who has not confirmed.
    Held,
    /// Promised or slept.
    Sold,
}

/// A night that is full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FullNight {
    /// The night of this date.
    pub date: Date,
    /// The room type wanted.
    pub room_type_id: Uuid,
    /// How many rooms of it were still free: fewer than wanted.
    pub available: i32,
}

/// By how much counters are to move, per room type and night in the order in which nights are locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves(BTreeMap<(Uuid, Date), (i16, i16)>);

impl Moves {
    /// Counts `by` more (or fewer) rooms of a type on a night.
    pub fn add(&mut self, counter: Counter, room_type: Uuid, day: Date, by: i16) {
        let (held, sold) = self.0.entry((room_type, day)).or_default();
        let moved = match counter {
            Counter::Held => held,
            Counter::Sold => sold,
        };
        *moved = moved.saturating_add(by);
    }

    /// The moves that move something: room type, night, held by, sold by.
    pub fn iter(&self) -> impl Iterator<Item = (Uuid, Date, i16, i16)> {
        let real = |(_, by): &(_, &(i16, i16))| **by != (0, 0);
        self.0.iter().filter(real).map(|((room_type, day), (held, sold))| (*room_type, *day, *held, *sold))
    }

    /// Whether nothing moves.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}
