//! Dice that fall the same way for the same seed.
use std::time::Duration;

use hotelhub_kernel::Entropy;

/// One hand's dice.
pub(crate) struct Dice(Entropy);

impl Dice {
    /// The dice of a hand, of which each seed has many.
    pub(crate) fn of(seed: u64, hand: u64) -> Self {
        Self(Entropy::seeded(seed ^ hand.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// A number below `bound`; 0 when that is 0.
    pub(crate) fn below(&self, bound: u32) -> u32 {
        self.0.below(bound)
    }

    /// True once in so many throws.
    pub(crate) fn one_in(&self, throws: u32) -> bool {
        self.below(throws) == 0
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&self, among: &'a [T]) -> Option<&'a T> {
        among.get(self.place_in(among.len()))
    }

    /// A place in something of this length.
    pub(crate) fn place_in(&self, length: usize) -> usize {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        usize::try_from(self.below(length)).unwrap_or_default()
    }

    /// A time between two numbers of microseconds.
    pub(crate) fn micros(&self, from: u32, to: u32) -> Duration {
        Duration::from_micros(u64::from(from + self.below(to.saturating_sub(from))))
    }

    /// A time between two numbers of milliseconds.
    pub(crate) fn millis(&self, from: u32, to: u32) -> Duration {
        self.micros(from * 1_000, to * 1_000)
    }
}
