//! When a day may end.
use hotelhub_web::{AppError, Kind};
use jiff::civil::Date;
use thiserror::Error;

/// What is left to do before a day can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Undone {
    /// Guests who were expected and are neither here nor given up.
    pub(super) arrivals: i64,
    /// Guests in house who should have left.
    pub(super) departures: i64,
}

/// Why the day does not move.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The hotel is at another day than whoever asked thought.
    #[error("the hotel's day is {0}")]
    AnotherDay(Date),
    /// The calendar has not come so far.
    #[error("{0} has not come yet")]
    NotOver(Date),
    /// Somebody is still expected or should have left.
    #[error("{arrivals} arrivals and {departures} departures of the day are still open")]
    Undone {
        /// Guests who were expected and are neither here nor given up.
        arrivals: i64,
        /// Guests in house who should have left.
        departures: i64,
    },
    /// A hotel with rooms has opened.
    #[error("the opening day is chosen before the first room is added")]
    AlreadyOpen,
}

impl Undone {
    /// Refuses to end a day with something left to do.
    pub(super) fn nothing(self) -> Result<(), Refusal> {
        let Self { arrivals, departures } = self;
        if arrivals + departures == 0 { Ok(()) } else { Err(Refusal::Undone { arrivals, departures }) }
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let (code, said) = (refusal.code(), format!("The day does not move: {refusal}."));
        let error = Self::new(Kind::Conflict, code, said);
        match refusal {
            Refusal::AnotherDay(day) => error.with("business_date", day),
            Refusal::Undone { arrivals, departures } => error.with("arrivals", arrivals).with("departures", departures),
            Refusal::NotOver(_) | Refusal::AlreadyOpen => error,
        }
    }
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::AnotherDay(_) => "another-day",
            Self::NotOver(_) => "day-not-over",
            Self::Undone { .. } => "day-not-done",
            Self::AlreadyOpen => "already-open",
        }
    }
}
