//! What time it is, as a value that is handed down.
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A source of the current time: the wall in production, a hand in tests.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Wall,
    Hand(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's own clock.
    pub fn wall() -> Self {
        Self(Kind::Wall)
    }

    /// A clock that stands at `now` until [`Clock::advance`] or [`Clock::set`] moves it. Clones share the hand.
    pub fn at(now: Timestamp) -> Self {
        Self(Kind::Hand(Arc::new(AtomicI64::new(now.as_microsecond()))))
    }

    /// The current instant, in whole microseconds: what a database keeps.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::Wall => {
                #[expect(clippy::disallowed_methods, reason = "the one place that asks the wall")]
                let now = Timestamp::now();
                Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
            }
            Kind::Hand(micros) => {
                Timestamp::from_microsecond(micros.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
            }
        }
    }

    /// The calendar date in `zone` now. A hotel's business date is not this: it moves by its night audit.
    pub fn today(&self, zone: &TimeZone) -> Date {
        self.now().to_zoned(zone.clone()).date()
    }

    /// Moves a hand-held clock; the wall does not move.
    pub fn advance(&self, by: SignedDuration) {
        if let Kind::Hand(micros) = &self.0 {
            let step = i64::try_from(by.as_micros()).unwrap_or(0);
            micros.fetch_add(step, Ordering::SeqCst);
        }
    }

    /// Puts a hand-held clock anywhere, also backwards; the wall does not move.
    pub fn set(&self, now: Timestamp) {
        if let Kind::Hand(micros) = &self.0 {
            micros.store(now.as_microsecond(), Ordering::SeqCst);
        }
    }
}
