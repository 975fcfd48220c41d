//! Changing a stay: which nights stay as agreed, which are priced anew, and what the counters must follow.
use hotelhub_kernel::Rupiah;
use jiff::civil::Date;
use uuid::Uuid;

use super::{BadStay, Refusal, Status, Stay};

/// A night of a reservation, as agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Night {
    /// The night of this date.
    pub day: Date,
    /// The room type it was sold as.
    pub room_type: Uuid,
    /// The plan it was sold under.
    pub rate_plan: Uuid,
    /// Its price, as the property enters prices.
    pub price: Rupiah,
}

/// What is sold: nights of a type under a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The nights.
    pub stay: Stay,
    /// The room type.
    pub room_type: Uuid,
    /// The rate plan.
    pub rate_plan: Uuid,
}

/// What is wanted instead; what is absent stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Another first night.
    pub arrival: Option<Date>,
    /// Another departure.
    pub departure: Option<Date>,
    /// Another room type.
    pub room_type: Option<Uuid>,
    /// Another rate plan.
    pub rate_plan: Option<Uuid>,
}

/// The changed stay: nights kept as agreed, and nights whose price is today's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What the reservation is after the change.
    pub terms: Terms,
    /// Nights that keep type, plan and price.
    pub kept: Vec<Night>,
    /// Nights to be priced now, in order.
    pub fresh: Vec<Date>,
}

/// Decides a change: a confirmed stay may become any other that is still to come; of a guest in house only nights from the
/// business date on change; what has ended does not.
pub fn change(
    status: Status,
    now: Terms,
    nights: &[Night],
    wish: Wish,
    business_date: Date,
) -> Result<Change, Refusal> {
    let terms = wanted(now, wish)?;
    let dates_move = terms.stay != now.stay;
    match status {
        Status::Confirmed if dates_move && terms.stay.arrival() != now.stay.arrival() => {
            terms.stay.sold_on(business_date).map_err(|why| Refusal::stay("arrival", why))?;
        }
        Status::Confirmed => {}
        Status::InHouse if terms.stay.arrival() != now.stay.arrival() => return Err(Refusal::SleptNights),
        Status::InHouse if dates_move && terms.stay.departure() < business_date => return Err(Refusal::SleptNights),
        Status::InHouse => {}
        _ => return Err(Refusal::NotAllowed { action: super::Action::Amend, status }),
    }
    terms.stay.before_horizon(business_date).map_err(|why| Refusal::stay("departure", why))?;
    let keeps = |night: &Night| {
        let same = night.room_type == terms.room_type && night.rate_plan == terms.rate_plan;
        let slept = status == Status::InHouse && night.day < business_date;
        let unchanged = terms.room_type == now.room_type && terms.rate_plan == now.rate_plan;
        terms.stay.holds(night.day) && (same || slept || unchanged)
    };
    let kept: Vec<Night> = nights.iter().filter(|night| keeps(night)).copied().collect();
    let fresh = terms.stay.days().filter(|day| kept.iter().all(|night| night.day != *day)).collect();
    Ok(Change { terms, kept, fresh })
}

fn wanted(now: Terms, wish: Wish) -> Result<Terms, Refusal> {
    let arrival = wish.arrival.unwrap_or(now.stay.arrival());
    let departure = wish.departure.unwrap_or(now.stay.departure());
    let stay = Stay::new(arrival, departure).map_err(|why| Refusal::stay(field_of(why), why))?;
    let room_type = wish.room_type.unwrap_or(now.room_type);
    Ok(Terms { stay, room_type, rate_plan: wish.rate_plan.unwrap_or(now.rate_plan) })
}

/// The field a clerk has to look at.
pub(crate) fn field_of(why: BadStay) -> &'static str {
    match why {
        BadStay::InThePast(_) | BadStay::NoSuchArrival => "arrival",
        _ => "departure",
    }
}
