//! Guests' rows. The row of a booking's guest is written with the booking.
use hotelhub_kernel::Cursor;
use jiff::Timestamp;
use uuid::Uuid;

use super::Guest;
use crate::tenancy::{DbError, Row, Session};

const BY_ID: &str = "select id, name, email, phone, nationality, notes, version from guests where id = $1";

const LOCK: &str = "
    select id, name, email, phone, nationality, notes, version from guests where id = $1 for no key update";

/// By name; `$1` is looked for in name, address and telephone, `$2` and `$3` are the last row seen.
const SEARCH: &str = "
    select id, name, email, phone, nationality, notes, version
      from guests
     where ($1::text = '' or position(lower($1) in lower(name)) > 0 or position(lower($1) in email) > 0
            or position($1 in phone) > 0)
       and (lower(name), id) > (lower($2::text), $3)
     order by lower(name), id
     limit $4";

const REWRITE: &str = "
    update guests
       set name = $2, email = $3, phone = $4, nationality = $5, notes = $6, updated_at = $7, version = version + 1
     where id = $1";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[BY_ID, LOCK, SEARCH, REWRITE];

/// A guest.
pub async fn by_id(db: &Session, id: Uuid) -> Result<Option<Guest>, DbError> {
    Ok(db.query_opt(BY_ID, &[&id]).await?.as_ref().map(guest))
}

/// A guest, kept from others' changes until the transaction ends.
pub(super) async fn lock(db: &Session, id: Uuid) -> Result<Option<Guest>, DbError> {
    Ok(db.query_opt(LOCK, &[&id]).await?.as_ref().map(guest))
}

/// Guests by name whose name, address or telephone holds a text; one more than `limit` where there are more.
pub async fn search(db: &Session, text: &str, after: Option<&Cursor>, limit: usize) -> Result<Vec<Guest>, DbError> {
    let (key, id) = after.map_or(("", Uuid::nil()), |cursor| (cursor.key.as_str(), cursor.id));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    Ok(db.query(SEARCH, &[&text, &key, &id, &limit]).await?.iter().map(guest).collect())
}

/// Writes a guest anew; the version counts up.
pub async fn rewrite(db: &Session, now: Timestamp, g: &Guest) -> Result<(), DbError> {
    db.execute(REWRITE, &[&g.id, &g.name, &g.email, &g.phone, &g.nationality, &g.notes, &now]).await.map(drop)
}

fn guest(row: &Row) -> Guest {
    Guest {
        id: row.get("id"),
        name: row.get("name"),
        email: row.get("email"),
        phone: row.get("phone"),
        nationality: row.get("nationality"),
        notes: row.get("notes"),
        version: row.get("version"),
    }
}
