//! How many rooms are free, per room type and night.
use std::ops::Range;

use uuid::Uuid;

use super::chunks::NIGHTS;

/// A night that has not been counted yet.
const UNCOUNTED: i16 = i16::MIN;

/// The free rooms of a chunk.
#[derive(Debug, Default)]
pub(in crate::hotel::availability) struct Nights {
    /// By room type, in the order of their ids.
    types: Vec<(Uuid, [i16; NIGHTS])>,
}

/// The fewest rooms free in some nights, and whether every night was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fewest {
    pub(super) free: Option<i16>,
    pub(super) all_counted: bool,
}

impl Nights {
    /// Takes the free rooms of a type: `free[i]` of the night at `places[i]`. Types come once each.
    pub(super) fn put(&mut self, room_type: Uuid, places: &[i16], free: &[i32]) {
        let mut nights = [UNCOUNTED; NIGHTS];
        for (place, free) in places.iter().zip(free) {
            if let Some(night) = usize::try_from(*place).ok().and_then(|place| nights.get_mut(place)) {
                // Counters are small integers, and none exceeds the rooms there are.
                *night = i16::try_from(*free).unwrap_or(i16::MAX);
            }
        }
        let at = self.types.partition_point(|(known, _)| *known < room_type);
        self.types.insert(at, (room_type, nights));
    }

    /// The fewest rooms of a type that are free in these nights.
    pub(super) fn fewest(&self, room_type: Uuid, places: Range<usize>) -> Fewest {
        let found = self.types.binary_search_by_key(&room_type, |(known, _)| *known).ok();
        let nights = found.and_then(|at| self.types.get(at)).and_then(|(_, nights)| nights.get(places));
        let Some(nights) = nights else { return Fewest { free: None, all_counted: false } };
        let counted = nights.iter().copied().filter(|free| *free != UNCOUNTED);
        Fewest { free: counted.min(), all_counted: !nights.contains(&UNCOUNTED) }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.types.capacity() * size_of::<(Uuid, [i16; NIGHTS])>()
    }
}

impl Fewest {
    /// Of no night at all.
    pub(super) const OF_NONE: Self = Self { free: None, all_counted: true };

    /// Of these nights and those.
    pub(super) fn and(self, other: Self) -> Self {
        let free = [self.free, other.free].into_iter().flatten().min();
        Self { free, all_counted: self.all_counted && other.all_counted }
    }
}
