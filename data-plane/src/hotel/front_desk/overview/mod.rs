//! What the desk sees: the day's lists and the tape chart, each in a handful of statements however full the house is.
mod model;
mod store;

use futures_util::future::{join, join3};
use hotelhub_web::Result;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

pub use self::model::{ChartStay, ChartType, DayRoom, DayStay, DayType, FrontDesk, TapeChart};
pub(crate) use self::store::STATEMENTS;
use super::{Label, occupancy_bp};
use crate::hotel::reservations::Status;
use crate::hotel::{fields, properties};
use crate::tenancy::Session;

/// The longest chart, in days.
pub const LONGEST_CHART: i32 = 93;

/// The desk's day: the lists of arrivals, departures and guests in house.
pub async fn front_desk(session: &Session) -> Result<FrontDesk> {
    let business_date = properties::the_one(session).await?.business_date;
    // Not `try_join`: a call that was begun is awaited, or its connection is lost.
    let (stays, rooms_total) = join(store::day(session, business_date), store::count_rooms(session)).await;
    let (stays, rooms_total) = (stays?, rooms_total?);
    let chosen = |wanted: &[Label]| -> Vec<DayStay> {
        stays.iter().filter(|stay| stay.label.is_some_and(|label| wanted.contains(&label))).cloned().collect()
    };
    let left = stays.iter().filter(|stay| stay.status == Status::CheckedOut).cloned().collect();
    let in_house = chosen(&[Label::StayOver, Label::DueOut, Label::Overstay]);
    let rooms_occupied = i64::try_from(in_house.len()).unwrap_or(i64::MAX);
    Ok(FrontDesk {
        business_date,
        arrivals: chosen(&[Label::DueIn]),
        departures: chosen(&[Label::DueOut, Label::Overstay]),
        left,
        in_house,
        rooms_total,
        rooms_occupied,
        occupancy_bp: occupancy_bp(rooms_occupied, rooms_total),
    })
}

/// Rooms by days from `from`, the business date when absent, for `days` days.
pub async fn tape_chart(session: &Session, from: Option<Date>, days: i32, now: Timestamp) -> Result<TapeChart> {
    let days = fields::within("days", days, 1, LONGEST_CHART)?;
    let business_date = properties::the_one(session).await?.business_date;
    let from = fields::date("from", from.unwrap_or(business_date))?;
    let to = from.saturating_add(days.days());
    let (types, rooms, stays) =
        join3(store::types(session), store::rooms(session), store::chart(session, from, to, now)).await;
    let (types, rooms, stays) = (types?, rooms?, stays?);
    let room_types = types
        .into_iter()
        .map(|DayType { id, code, name }| {
            let rooms = rooms.iter().filter(|(of, _)| *of == id).map(|(_, room)| room.clone()).collect();
            ChartType { id, code, name, rooms }
        })
        .collect();
    Ok(TapeChart { from, days, business_date, room_types, stays })
}
