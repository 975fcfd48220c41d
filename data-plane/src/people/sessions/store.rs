//! The table of sessions.
use hotelhub_identity::HotelRole;
use hotelhub_web::Lang;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{IDLE, LIFETIME, OpenSession, SEEN_EVERY};
use super::visitor::Visitor;
use crate::people::users::roles_of;
use crate::tenancy::{DbError, Session};

/// Session, account and roles at once: all that a signed-in request asks.
const WHO: &str = "
    select s.id as session_id, s.last_seen_at, u.id, u.name, u.email, u.language, u.roles,
           u.email_confirmed_at is not null as email_confirmed,
           u.password_hash is not null as has_password
      from sessions s join users u on u.id = s.user_id
     where s.token_hash = $1 and s.revoked_at is null and s.expires_at > $2 and s.last_seen_at > $3
       and u.status = 'active'";

const SEEN: &str = "update sessions set last_seen_at = $2 where id = $1 and last_seen_at < $2";

const INSERT: &str = "
    insert into sessions (id, user_id, token_hash, address, agent, created_at, rotated_at, last_seen_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $6, $6, $7)";

const ROTATE: &str = "update sessions set token_hash = $2, rotated_at = $3 where id = $1 and revoked_at is null";

const LIST: &str = "
    select id, address, agent, created_at, last_seen_at, expires_at
      from sessions
     where user_id = $1 and revoked_at is null and expires_at > $2 and last_seen_at > $3
       and ($4::uuid is null or id < $4)
     order by id desc
     limit $5";

const REVOKE: &str = "
    update sessions set revoked_at = $3 where id = $1 and user_id = $2 and revoked_at is null";

const REVOKE_ALL_BUT: &str = "
    update sessions set revoked_at = $3
     where user_id = $1 and revoked_at is null and ($2::uuid is null or id <> $2)";

/// What everybody asks who comes in.
pub(crate) const ASKED_FIRST: &[&str] = &[INSERT, WHO];

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[WHO, SEEN, INSERT, ROTATE, LIST, REVOKE, REVOKE_ALL_BUT];

/// Somebody whose session is good now.
pub(super) struct Known {
    pub(super) session: Uuid,
    pub(super) user: Uuid,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) lang: Lang,
    pub(super) roles: Vec<HotelRole>,
    pub(super) email_confirmed: bool,
    pub(super) has_password: bool,
    last_seen_at: Timestamp,
}

impl Known {
    fn from_row(row: &Row) -> Self {
        Self {
            session: row.get("session_id"),
            user: row.get("id"),
            name: row.get("name"),
            email: row.get("email"),
            lang: Lang::parse(row.get("language")).unwrap_or_default(),
            roles: roles_of(row.get("roles")),
            email_confirmed: row.get("email_confirmed"),
            has_password: row.get("has_password"),
            last_seen_at: row.get("last_seen_at"),
        }
    }
}

/// Whose token this is. Writes that it was seen only when that was last written five minutes ago or longer.
pub(super) async fn who(session: &Session, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Known>, DbError> {
    let row = session.query_opt(WHO, &[&token_hash.as_slice(), &now, &(now - IDLE)]).await?;
    let Some(known) = row.as_ref().map(Known::from_row) else { return Ok(None) };
    if now.duration_since(known.last_seen_at) >= SEEN_EVERY {
        session.execute(SEEN, &[&known.session, &now]).await?;
    }
    Ok(Some(known))
}

pub(super) async fn insert(
    session: &Session,
    id: Uuid,
    user: Uuid,
    token_hash: &[u8; 32],
    visitor: &Visitor,
    now: Timestamp,
) -> Result<(), DbError> {
    let (address, agent) = (visitor.address.to_string(), &visitor.agent);
    let expires: Timestamp = now + LIFETIME;
    session.execute(INSERT, &[&id, &user, &token_hash.as_slice(), &address, agent, &now, &expires]).await?;
    Ok(())
}

pub(super) async fn rotate(session: &Session, id: Uuid, token_hash: &[u8; 32], now: Timestamp) -> Result<(), DbError> {
    session.execute(ROTATE, &[&id, &token_hash.as_slice(), &now]).await?;
    Ok(())
}

/// Up to `limit` open sessions of an account, the newest first, behind the one named `after`.
pub(super) async fn list(
    session: &Session,
    user: Uuid,
    now: Timestamp,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<OpenSession>, DbError> {
    let rows = session.query(LIST, &[&user, &now, &(now - IDLE), &after, &limit]).await?;
    let open = |row: &Row| OpenSession {
        id: row.get("id"),
        address: row.get("address"),
        agent: row.get("agent"),
        created_at: row.get("created_at"),
        last_seen_at: row.get("last_seen_at"),
        expires_at: row.get("expires_at"),
    };
    Ok(rows.iter().map(open).collect())
}

/// Whether there was such an open session of this account.
pub(super) async fn revoke(session: &Session, id: Uuid, user: Uuid, now: Timestamp) -> Result<bool, DbError> {
    Ok(session.execute(REVOKE, &[&id, &user, &now]).await? > 0)
}

/// Ends every session of an account but the one kept; how many ended.
pub(super) async fn revoke_all_but(
    session: &Session,
    user: Uuid,
    kept: Option<Uuid>,
    now: Timestamp,
) -> Result<u64, DbError> {
    session.execute(REVOKE_ALL_BUT, &[&user, &kept, &now]).await
}
