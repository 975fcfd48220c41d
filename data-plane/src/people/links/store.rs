//! The table of one-time links.
use jiff::Timestamp;
use uuid::Uuid;

use super::Purpose;
use crate::tenancy::{DbError, Session};

const INSERT: &str = "
    insert into one_time_links (token_hash, user_id, purpose, created_at, expires_at) values ($1, $2, $3, $4, $5)";

const OWNER: &str = "
    select l.user_id
      from one_time_links l join users u on u.id = l.user_id
     where l.token_hash = $1 and l.purpose = $2 and l.used_at is null and l.expires_at > $3 and u.status = 'active'";

const USE: &str = "
    update one_time_links l set used_at = $3
      from users u
     where l.token_hash = $1 and l.purpose = $2 and l.used_at is null and l.expires_at > $3
       and u.id = l.user_id and u.status = 'active'
    returning l.user_id";

const USE_ALL: &str = "
    update one_time_links set used_at = $3 where user_id = $1 and purpose = $2 and used_at is null";

/// What the owner's way in asks.
pub(crate) const ASKED_FIRST: &[&str] = &[OWNER, USE];

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[INSERT, OWNER, USE, USE_ALL];

pub(super) async fn insert(
    session: &Session,
    token_hash: &[u8; 32],
    user: Uuid,
    purpose: Purpose,
    now: Timestamp,
) -> Result<(), DbError> {
    let expires = now + purpose.lifetime();
    session.execute(INSERT, &[&token_hash.as_slice(), &user, &purpose.as_str(), &now, &expires]).await?;
    Ok(())
}

pub(super) async fn owner(
    session: &Session,
    token_hash: &[u8; 32],
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<Uuid>, DbError> {
    let row = session.query_opt(OWNER, &[&token_hash.as_slice(), &purpose.as_str(), &now]).await?;
    Ok(row.map(|row| row.get("user_id")))
}

pub(super) async fn use_up(
    session: &Session,
    token_hash: &[u8; 32],
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<Uuid>, DbError> {
    let row = session.query_opt(USE, &[&token_hash.as_slice(), &purpose.as_str(), &now]).await?;
    Ok(row.map(|row| row.get("user_id")))
}

pub(super) async fn use_up_all(session: &Session, user: Uuid, purpose: Purpose, now: Timestamp) -> Result<(), DbError> {
    session.execute(USE_ALL, &[&user, &purpose.as_str(), &now]).await?;
    Ok(())
}
