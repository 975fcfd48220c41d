//! Rooms' rows.
use hotelhub_kernel::Cursor;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Housekeeping, Room, Service};
use crate::tenancy::{DbError, Row, Session};

const BY_ID: &str = "
    select id, number, floor, room_type_id, housekeeping, service, version
      from rooms
     where id = any($1)
     order by id";

/// In the order of their numbers; `$1` and `$2` are the last row seen.
const LIST: &str = "
    select id, number, floor, room_type_id, housekeeping, service, version
      from rooms
     where (lpad(number, 12, '0'), id) > ($1::text, $2)
     order by lpad(number, 12, '0'), id
     limit $3";

const LOCK: &str = "select version from rooms where id = $1 for no key update";

/// The numbers that are new; one that is taken is left out.
const INSERT: &str = "
    insert into rooms (id, room_type_id, property_id, number, floor, created_at, updated_at)
    select n.id, t.id, t.property_id, n.number, $4, $5, $5
      from room_types t
     cross join unnest($2::uuid[], $3::text[]) as n (id, number)
     where t.id = $1
        on conflict (property_id, number) do nothing
    returning number";

const CHANGE: &str = "
    update rooms
       set floor = $2, room_type_id = $3, housekeeping = $4, service = $5, updated_at = $6, version = version + 1
     where id = $1";

const GUEST_COMING: &str = "
    select exists (
        select from room_assignments
         where room_id = $1 and active and upper(period) > $2) as coming";

/// Every statement of this file.
pub(super) const STATEMENTS: &[&str] = &[BY_ID, LIST, LOCK, INSERT, CHANGE, GUEST_COMING];

/// The rooms of these ids that exist, in the order of their ids.
pub async fn by_id(db: &Session, ids: &[Uuid]) -> Result<Vec<Room>, DbError> {
    Ok(db.query(BY_ID, &[&ids]).await?.iter().map(room).collect())
}

/// Rooms in the order of their numbers, from behind a cursor; one more than `limit` where there are more.
pub async fn of_house(db: &Session, after: Option<&Cursor>, limit: usize) -> Result<Vec<Room>, DbError> {
    let (key, id) = after.map_or(("", Uuid::nil()), |cursor| (cursor.key.as_str(), cursor.id));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    Ok(db.query(LIST, &[&key, &id, &limit]).await?.iter().map(room).collect())
}

/// Where a page after this room starts.
pub(super) fn place(room: &Room) -> Cursor {
    Cursor { key: format!("{:0>12}", room.number), id: room.id }
}

/// The version of a room, locked; nothing when there is none.
pub(super) async fn lock(db: &Session, id: Uuid) -> Result<Option<i32>, DbError> {
    Ok(db.query_opt(LOCK, &[&id]).await?.map(|row| row.get("version")))
}

/// Adds rooms of a type; answers the numbers that were free to add.
pub(super) async fn insert(
    db: &Session,
    now: Timestamp,
    room_type: Uuid,
    ids: &[Uuid],
    numbers: &[String],
    floor: &str,
) -> Result<Vec<String>, DbError> {
    let rows = db.query(INSERT, &[&room_type, &ids, &numbers, &floor, &now]).await?;
    Ok(rows.iter().map(|row| row.get("number")).collect())
}

pub(super) async fn change(db: &Session, now: Timestamp, room: &Room) -> Result<(), DbError> {
    let (housekeeping, service) = (room.housekeeping.as_str(), room.service.as_str());
    db.execute(CHANGE, &[&room.id, &room.floor, &room.room_type_id, &housekeeping, &service, &now]).await.map(drop)
}

/// Whether a guest sleeps in the room or is to sleep there, on the business date or later.
pub(super) async fn guest_coming(db: &Session, room: Uuid, business_date: Date) -> Result<bool, DbError> {
    Ok(db.query_one(GUEST_COMING, &[&room, &business_date]).await?.get("coming"))
}

/// The room of a row of `rooms`. One whose service is not known is not given to a guest.
pub(crate) fn room(row: &Row) -> Room {
    Room {
        id: row.get("id"),
        number: row.get("number"),
        floor: row.get("floor"),
        room_type_id: row.get("room_type_id"),
        housekeeping: Housekeeping::parse(row.get("housekeeping")).unwrap_or(Housekeeping::Dirty),
        service: Service::parse(row.get("service")).unwrap_or(Service::Ooo),
        version: row.get("version"),
    }
}
