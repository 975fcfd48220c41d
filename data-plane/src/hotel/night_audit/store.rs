//! The hotel's day and what hangs on its end, as rows.
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::model::Undone;
use crate::tenancy::{DbError, Session};

/// The property's day, held until the transaction ends.
pub(super) struct Day {
    pub(super) property: Uuid,
    pub(super) date: Date,
    pub(super) time_zone: String,
}

const LOCK: &str = "
    select id, business_date, time_zone from properties order by created_at, id limit 1 for no key update";

const UNDONE: &str = "
    select count(*) filter (where status = 'confirmed' and arrival <= $1) as arrivals,
           count(*) filter (where status = 'in_house' and departure <= $1) as departures
      from reservations
     where status in ('confirmed', 'in_house')";

const IN_HOUSE: &str = "select id from reservations where status = 'in_house' order by id for no key update";

/// Every room that is slept in this night.
const SLEPT_IN: &str = "
    update rooms
       set housekeeping = 'dirty', version = version + 1, updated_at = $2
     where housekeeping <> 'dirty'
       and id in (select a.room_id
                    from room_assignments a
                    join reservations r on r.id = a.reservation_id
                   where a.active and r.status = 'in_house' and a.period @> $1::date)";

const MOVE: &str = "
    update properties set business_date = $2, version = version + 1, updated_at = $3 where id = $1";

const HAS_ROOMS: &str = "select exists (select from rooms) as has_rooms";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[LOCK, UNDONE, IN_HOUSE, SLEPT_IN, MOVE, HAS_ROOMS];

/// Holds the property's day against another night audit.
pub(super) async fn lock(session: &Session) -> Result<Day, DbError> {
    let row = session.query_one(LOCK, &[]).await?;
    Ok(Day { property: row.get("id"), date: row.get("business_date"), time_zone: row.get("time_zone") })
}

/// Who is still expected or should have left on this day.
pub(super) async fn undone(session: &Session, day: Date) -> Result<Undone, DbError> {
    let row = session.query_one(UNDONE, &[&day]).await?;
    Ok(Undone { arrivals: row.get("arrivals"), departures: row.get("departures") })
}

/// Everybody who sleeps here, held.
pub(super) async fn in_house(session: &Session) -> Result<Vec<Uuid>, DbError> {
    Ok(session.query(IN_HOUSE, &[]).await?.iter().map(|row| row.get(0)).collect())
}

/// The rooms of the night are to be cleaned.
pub(super) async fn slept_in(session: &Session, night: Date, at: Timestamp) -> Result<u64, DbError> {
    session.execute(SLEPT_IN, &[&night, &at]).await
}

/// The hotel is at another day.
pub(super) async fn move_to(session: &Session, property: Uuid, day: Date, at: Timestamp) -> Result<(), DbError> {
    session.execute(MOVE, &[&property, &day, &at]).await.map(drop)
}

/// Whether the hotel has rooms.
pub(super) async fn has_rooms(session: &Session) -> Result<bool, DbError> {
    Ok(session.query_one(HAS_ROOMS, &[]).await?.get(0))
}
