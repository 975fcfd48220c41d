//! The nights of a stay.
use jiff::ToSpan as _;
use jiff::civil::Date;
use thiserror::Error;

/// Nights from `arrival` up to, not including, `departure`: 1 to 365 of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stay {
    arrival: Date,
    departure: Date,
}

/// Why two dates are no stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadStay {
    /// Departure on or before arrival.
    #[error("a stay has at least one night: departure must be after arrival")]
    NoNights,
    /// An arrival in a year that no calendar on a desk shows.
    #[error("dates lie between the years 1900 and 2999")]
    NoSuchArrival,
    /// A departure in such a year.
    #[error("dates lie between the years 1900 and 2999")]
    NoSuchDeparture,
    /// More nights than are sold in one stay.
    #[error("a stay has at most {0} nights")]
    TooLong(i32),
    /// The first night is before the hotel's business date.
    #[error("the arrival is before the hotel's business date, {0}")]
    InThePast(Date),
    /// The last night lies further ahead than the hotel sells.
    #[error("nights are sold up to {0}")]
    TooFarAhead(Date),
}

/// The longest stay, in nights.
pub const LONGEST: i32 = 365;

/// The longest stay a guest books without asking the desk, in nights.
pub const LONGEST_PUBLIC: i32 = 30;

/// How far ahead of the business date nights are sold, in days.
pub const HORIZON: i32 = 1_095;

impl Stay {
    /// The stay between two dates.
    pub fn new(arrival: Date, departure: Date) -> Result<Self, BadStay> {
        let shown = |day: Date| (1900..=2999).contains(&day.year());
        if !shown(arrival) {
            return Err(BadStay::NoSuchArrival);
        }
        if !shown(departure) {
            return Err(BadStay::NoSuchDeparture);
        }
        if departure <= arrival {
            return Err(BadStay::NoNights);
        }
        let stay = Self { arrival, departure };
        stay.within(LONGEST)?;
        Ok(stay)
    }

    /// The first night.
    pub fn arrival(self) -> Date {
        self.arrival
    }

    /// The day the room is free again.
    pub fn departure(self) -> Date {
        self.departure
    }

    /// How many nights, 1 to 365.
    pub fn nights(self) -> i32 {
        days_between(self.arrival, self.departure)
    }

    /// The nights, in order.
    pub fn days(self) -> impl Iterator<Item = Date> {
        self.arrival.series(1.day()).take_while(move |day| *day < self.departure)
    }

    /// Whether the night of `day` belongs to the stay.
    pub fn holds(self, day: Date) -> bool {
        self.arrival <= day && day < self.departure
    }

    /// Refuses more than `limit` nights.
    pub fn within(self, limit: i32) -> Result<Self, BadStay> {
        if self.nights() > limit { Err(BadStay::TooLong(limit)) } else { Ok(self) }
    }

    /// Refuses a stay that begins before the business date or ends beyond what is sold.
    pub fn sold_on(self, business_date: Date) -> Result<Self, BadStay> {
        if self.arrival < business_date {
            return Err(BadStay::InThePast(business_date));
        }
        self.before_horizon(business_date)
    }

    /// Refuses a stay that ends further ahead of the business date than is sold.
    pub fn before_horizon(self, business_date: Date) -> Result<Self, BadStay> {
        if days_between(business_date, self.departure) > HORIZON {
            return Err(BadStay::TooFarAhead(business_date.saturating_add(HORIZON.days())));
        }
        Ok(self)
    }
}

/// Days from one date to another; negative backwards.
fn days_between(from: Date, to: Date) -> i32 {
    // A span of whole days between two dates of jiff is below 8 million.
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}
