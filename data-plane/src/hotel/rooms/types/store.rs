//! Room types' rows.
use hotelhub_kernel::Cursor;
use hotelhub_web::{AppError, Kind};
use jiff::Timestamp;
use uuid::Uuid;

use super::RoomType;
use crate::tenancy::{DbError, Params, Row, Session};

const BY_ID: &str = "
    select t.id, t.code, t.name, t.description, t.max_adults, t.max_children, t.sort, t.archived, t.version,
           (select count(*) from rooms r where r.room_type_id = t.id) as rooms
      from room_types t
     where t.id = any($1)
     order by t.id";

/// In the house's order; `$1` and `$2` are the last row seen.
const LIST: &str = "
    select t.id, t.code, t.name, t.description, t.max_adults, t.max_children, t.sort, t.archived, t.version,
           (select count(*) from rooms r where r.room_type_id = t.id) as rooms
      from room_types t
     where (lpad((t.sort + 40000)::text, 5, '0') || t.code, t.id) > ($1::text, $2)
     order by lpad((t.sort + 40000)::text, 5, '0') || t.code, t.id
     limit $3";

const LOCK: &str = "select version from room_types where id = $1 for no key update";

/// Of a type that is still sold.
const LOCK_SOLD: &str = "select id from room_types where id = $1 and not archived for no key update";

const STAYS_TO_COME: &str = "
    select exists (select from reservations
                    where room_type_id = $1 and status in ('hold', 'confirmed', 'in_house')) as stays";

const INSERT: &str = "
    insert into room_types
        (id, property_id, code, name, description, max_adults, max_children, sort, archived, created_at, updated_at)
    select $1, id, $2, $3, $4, $5, $6, $7, $8, $9, $9
      from properties
     order by created_at, id
     limit 1";

const CHANGE: &str = "
    update room_types
       set code = $2, name = $3, description = $4, max_adults = $5, max_children = $6, sort = $7, archived = $8,
           updated_at = $9, version = version + 1
     where id = $1";

/// Every statement of this file.
pub(in crate::hotel::rooms) const STATEMENTS: &[&str] = &[BY_ID, LIST, LOCK, LOCK_SOLD, STAYS_TO_COME, INSERT, CHANGE];

/// The room types of these ids that exist, in the order of their ids.
pub async fn by_id(db: &Session, ids: &[Uuid]) -> Result<Vec<RoomType>, DbError> {
    Ok(db.query(BY_ID, &[&ids]).await?.iter().map(room_type).collect())
}

/// Room types in the house's order, from behind a cursor; one more than `limit` where there are more.
pub async fn of_house(db: &Session, after: Option<&Cursor>, limit: usize) -> Result<Vec<RoomType>, DbError> {
    let (key, id) = after.map_or(("", Uuid::nil()), |cursor| (cursor.key.as_str(), cursor.id));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    Ok(db.query(LIST, &[&key, &id, &limit]).await?.iter().map(room_type).collect())
}

/// Where a page after this room type starts.
pub(super) fn place(room_type: &RoomType) -> Cursor {
    let key = format!("{:05}{}", i32::from(room_type.sort) + 40_000, room_type.code);
    Cursor { key, id: room_type.id }
}

/// The version of a room type, locked; nothing when there is none.
pub(super) async fn lock(db: &Session, id: Uuid) -> Result<Option<i32>, DbError> {
    Ok(db.query_opt(LOCK, &[&id]).await?.map(|row| row.get("version")))
}

/// Locks a room type that is still sold, so that it stays so; false when there is none.
pub(in crate::hotel::rooms) async fn lock_sold(db: &Session, id: Uuid) -> Result<bool, DbError> {
    Ok(db.query_opt(LOCK_SOLD, &[&id]).await?.is_some())
}

/// Whether somebody stays in the type or is to come.
pub(super) async fn stays_to_come(db: &Session, id: Uuid) -> Result<bool, DbError> {
    Ok(db.query_one(STAYS_TO_COME, &[&id]).await?.get("stays"))
}

pub(super) async fn insert(db: &Session, now: Timestamp, room_type: &RoomType) -> Result<(), AppError> {
    write(db, INSERT, now, room_type).await
}

pub(super) async fn change(db: &Session, now: Timestamp, room_type: &RoomType) -> Result<(), AppError> {
    write(db, CHANGE, now, room_type).await
}

async fn write(db: &Session, sql: &'static str, now: Timestamp, t: &RoomType) -> Result<(), AppError> {
    let values: Params<'_> =
        &[&t.id, &t.code, &t.name, &t.description, &t.max_adults, &t.max_children, &t.sort, &t.archived, &now];
    db.execute(sql, values).await.map(drop).map_err(|error| taken(error, t))
}

fn taken(error: DbError, room_type: &RoomType) -> AppError {
    if error.constraint() == Some("room_types_code_unique") {
        let detail = format!("There is a room type {} already.", room_type.code);
        AppError::new(Kind::Conflict, "code-taken", detail)
            .naming("code", room_type.code.clone())
            .field("code", "already taken")
    } else {
        error.into()
    }
}

fn room_type(row: &Row) -> RoomType {
    RoomType {
        id: row.get("id"),
        code: row.get("code"),
        name: row.get("name"),
        description: row.get("description"),
        max_adults: row.get("max_adults"),
        max_children: row.get("max_children"),
        sort: row.get("sort"),
        rooms: row.get("rooms"),
        archived: row.get("archived"),
        version: row.get("version"),
    }
}
