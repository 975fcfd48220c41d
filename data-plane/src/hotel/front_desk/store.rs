//! Stays, rooms and assignments as the desk locks and changes them.
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Refusal, TakenNights};
use crate::hotel::reservations::{Status, Stay};
use crate::hotel::rooms::{self, Room};
use crate::tenancy::{DbError, Row, Session};

/// A reservation held against other changes until the transaction ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) id: Uuid,
    pub(super) status: Status,
    pub(super) stay: Stay,
    pub(super) room_type: Uuid,
    pub(super) version: i32,
    pub(super) checked_in_on: Option<Date>,
    pub(super) checked_out_on: Option<Date>,
    pub(super) business_date: Date,
}

/// By itself: what a statement reads that waited for a lock may be older than the lock.
const LOCK: &str = "select from reservations where id = $1 for no key update";

const HELD: &str = "
    select r.id, r.status, r.arrival, r.departure, r.room_type_id, r.version, r.checked_in_on, r.checked_out_on,
           p.business_date
      from reservations r
      join properties p on p.id = r.property_id
     where r.id = $1";

/// Whoever assigns a room holds it: two clerks at one room wait for one another instead of meeting at the constraint.
const LOCK_ROOM: &str = "
    select id, number, floor, room_type_id, housekeeping, service, version
      from rooms
     where id = $1
       for no key update";

const TAKEN: &str = "
    select lower(period) as first, upper(period) as last
      from room_assignments
     where room_id = $1 and reservation_id <> $2 and active and period && daterange($3, $4)
     order by 1
     limit 31";

const CLEAR: &str = "
    update room_assignments set active = false where reservation_id = $1 and active and lower(period) >= $2";

const CUT: &str = "
    update room_assignments
       set period = daterange(lower(period), $2)
     where reservation_id = $1 and active and lower(period) < $2 and upper(period) > $2";

const EXTEND: &str = "
    update room_assignments
       set period = daterange(lower(period), $4)
     where reservation_id = $1 and room_id = $2 and active and upper(period) = $3";

const PLACE: &str = "
    insert into room_assignments (id, reservation_id, room_id, period, created_at)
    values ($1, $2, $3, daterange($4, $5), $6)";

const ROOM_ON: &str = "
    select room_id from room_assignments where reservation_id = $1 and active and period @> $2::date";

/// A guest in house whose nights in the room are over.
const OCCUPIED: &str = "
    select exists (
        select from room_assignments a
          join reservations r on r.id = a.reservation_id
         where a.room_id = $1 and a.active and r.id <> $2 and r.status = 'in_house'
           and r.departure <= $3 and upper(a.period) = r.departure) as occupied";

const LAST_ROOM: &str = "
    select room_id, upper(period) as last
      from room_assignments
     where reservation_id = $1 and active
     order by 2 desc
     limit 1";

const TOUCH: &str = "update reservations set version = version + 1, updated_at = $2 where id = $1";

const CHECK_IN: &str = "
    update reservations
       set status = 'in_house', checked_in_at = $2, checked_in_on = $3, version = version + 1, updated_at = $2
     where id = $1";

const CHECK_OUT: &str = "
    update reservations
       set status = 'checked_out', checked_out_at = $2, checked_out_on = $3, version = version + 1, updated_at = $2
     where id = $1";

const REVERT_CHECK_OUT: &str = "
    update reservations
       set status = 'in_house', checked_out_at = null, checked_out_on = null, version = version + 1, updated_at = $2
     where id = $1";

/// A guest in house to whom the room was given for the night to come.
const GIVEN_TO: &str = "
    select exists (
        select from room_assignments a
          join reservations r on r.id = a.reservation_id
         where a.room_id = $1 and a.active and r.id <> $2 and r.status = 'in_house' and a.period @> $3::date) as given";

const REVERT: &str = "
    update reservations
       set status = 'confirmed', checked_in_at = null, checked_in_on = null, version = version + 1, updated_at = $2
     where id = $1";

const DIRTY: &str = "
    update rooms set housekeeping = 'dirty', version = version + 1, updated_at = $2 where id = $1 and housekeeping <> 'dirty'";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[
    LOCK,
    HELD,
    LOCK_ROOM,
    TAKEN,
    CLEAR,
    CUT,
    EXTEND,
    PLACE,
    ROOM_ON,
    OCCUPIED,
    LAST_ROOM,
    TOUCH,
    CHECK_IN,
    CHECK_OUT,
    REVERT,
    REVERT_CHECK_OUT,
    GIVEN_TO,
    DIRTY,
];

/// Holds a reservation.
pub(super) async fn lock(session: &Session, id: Uuid) -> Result<Option<Held>, DbError> {
    Ok(session.query_opt_behind(LOCK, HELD, &[&id]).await?.and_then(|row| held(&row)))
}

/// Holds a room against other assignments.
pub(super) async fn lock_room(session: &Session, id: Uuid) -> Result<Option<Room>, DbError> {
    Ok(session.query_opt(LOCK_ROOM, &[&id]).await?.map(|row| rooms::room(&row)))
}

/// When somebody else has the room during these nights.
pub(super) async fn taken(
    session: &Session,
    room: Uuid,
    reservation: Uuid,
    nights: Stay,
) -> Result<Vec<TakenNights>, DbError> {
    let rows = session.query(TAKEN, &[&room, &reservation, &nights.arrival(), &nights.departure()]).await?;
    Ok(rows.iter().map(|row| TakenNights { from: row.get("first"), to: row.get("last") }).collect())
}

/// Takes every room of the reservation back from `from` on.
pub(super) async fn clear(session: &Session, reservation: Uuid, from: Date) -> Result<u64, DbError> {
    let whole = session.execute(CLEAR, &[&reservation, &from]).await?;
    Ok(whole + session.execute(CUT, &[&reservation, &from]).await?)
}

/// Gives a room for nights that [`clear`] made free; joined to the nights before when they are in the same room. The table
/// refuses a room that somebody else has.
pub(super) async fn place(
    session: &Session,
    id: Uuid,
    reservation: Uuid,
    room: &Room,
    nights: Stay,
    at: Timestamp,
) -> Result<Result<(), Refusal>, DbError> {
    let (first, last) = (nights.arrival(), nights.departure());
    let taken =
        || Refusal::RoomTaken { number: room.number.clone(), nights: vec![TakenNights { from: first, to: last }] };
    let joined = session.execute(EXTEND, &[&reservation, &room.id, &first, &last]).await;
    let written = match joined {
        Ok(0) => session.execute(PLACE, &[&id, &reservation, &room.id, &first, &last, &at]).await,
        other => other,
    };
    match written {
        Ok(_) => Ok(Ok(())),
        Err(error) => error.refusal(&[("room_assignments_room_free", taken())]).map(Err).ok_or(error),
    }
}

/// The room of a reservation on a night.
pub(super) async fn room_on(session: &Session, reservation: Uuid, night: Date) -> Result<Option<Uuid>, DbError> {
    Ok(session.query_opt(ROOM_ON, &[&reservation, &night]).await?.map(|row| row.get(0)))
}

/// Whether somebody who should have left by this day is still in the room.
pub(super) async fn is_occupied(session: &Session, room: Uuid, but: Uuid, day: Date) -> Result<bool, DbError> {
    Ok(session.query_one(OCCUPIED, &[&room, &but, &day]).await?.get(0))
}

/// The last room of a reservation and the morning it is given up to.
pub(super) async fn last_room(session: &Session, reservation: Uuid) -> Result<Option<(Uuid, Date)>, DbError> {
    Ok(session.query_opt(LAST_ROOM, &[&reservation]).await?.map(|row| (row.get("room_id"), row.get("last"))))
}

/// Counts the reservation's version up.
pub(super) async fn touch(session: &Session, reservation: Uuid, at: Timestamp) -> Result<(), DbError> {
    session.execute(TOUCH, &[&reservation, &at]).await.map(drop)
}

/// The guest has the key from this business date on.
pub(super) async fn check_in(session: &Session, reservation: Uuid, at: Timestamp, on: Date) -> Result<(), DbError> {
    session.execute(CHECK_IN, &[&reservation, &at, &on]).await.map(drop)
}

/// The guest has left on this business date.
pub(super) async fn check_out(session: &Session, reservation: Uuid, at: Timestamp, on: Date) -> Result<(), DbError> {
    session.execute(CHECK_OUT, &[&reservation, &at, &on]).await.map(drop)
}

/// The guest never left.
pub(super) async fn revert_check_out(session: &Session, reservation: Uuid, at: Timestamp) -> Result<(), DbError> {
    session.execute(REVERT_CHECK_OUT, &[&reservation, &at]).await.map(drop)
}

/// Whether somebody else has got the key of the room for the night of this day.
pub(super) async fn is_given(session: &Session, room: Uuid, but: Uuid, day: Date) -> Result<bool, DbError> {
    Ok(session.query_one(GIVEN_TO, &[&room, &but, &day]).await?.get(0))
}

/// The guest never had the key.
pub(super) async fn revert_check_in(session: &Session, reservation: Uuid, at: Timestamp) -> Result<(), DbError> {
    session.execute(REVERT, &[&reservation, &at]).await.map(drop)
}

/// The room was slept in.
pub(super) async fn make_dirty(session: &Session, room: Uuid, at: Timestamp) -> Result<(), DbError> {
    session.execute(DIRTY, &[&room, &at]).await.map(drop)
}

fn held(row: &Row) -> Option<Held> {
    Some(Held {
        id: row.get("id"),
        status: Status::parse(row.get("status"))?,
        stay: Stay::new(row.get("arrival"), row.get("departure")).ok()?,
        room_type: row.get("room_type_id"),
        version: row.get("version"),
        checked_in_on: row.get("checked_in_on"),
        checked_out_on: row.get("checked_out_on"),
        business_date: row.get("business_date"),
    })
}
