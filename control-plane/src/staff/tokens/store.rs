//! Tokens as rows.
use hotelhub_identity::StaffRole;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::database::DbError;

/// That a token was used is written no more often than this.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// A token to be kept.
pub(super) struct Fresh<'a> {
    pub(super) id: Uuid,
    pub(super) holder: Uuid,
    pub(super) name: &'a str,
    pub(super) role: StaffRole,
    pub(super) hash: [u8; 32],
    pub(super) now: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// A token that is worth something, without its secret.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// What it may at most.
    pub role: StaffRole,
    /// Whom it acts for.
    pub email: String,
    /// When it was last used, to five minutes.
    pub last_used_at: Option<Timestamp>,
    /// When it is worth nothing.
    pub expires_at: Timestamp,
}

/// Somebody whose token is good now.
pub(super) struct Known {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) limit: StaffRole,
    pub(super) holder: Uuid,
    pub(super) holder_name: String,
    pub(super) email: String,
    pub(super) role: StaffRole,
}

/// The active member of staff with this address, and their role.
pub(super) async fn holder(conn: &mut PgConnection, email: &str) -> Result<Option<(Uuid, StaffRole)>, DbError> {
    let row = sqlx::query!("select id, role from staff where email = $1 and status = 'active'", email);
    let row = row.fetch_optional(conn).await?;
    Ok(row.and_then(|row| Some((row.id, StaffRole::parse(&row.role)?))))
}

pub(super) async fn insert(conn: &mut PgConnection, fresh: &Fresh<'_>) -> Result<(), DbError> {
    sqlx::query!(
        "insert into staff_tokens (id, staff_id, name, role, token_hash, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        fresh.id,
        fresh.holder,
        fresh.name,
        fresh.role.as_str(),
        fresh.hash.as_slice(),
        fresh.now.to_sqlx() as _,
        fresh.expires_at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn list(pool: &PgPool, now: Timestamp) -> Result<Vec<Kept>, DbError> {
    let rows = sqlx::query!(
        "select t.id, t.name, t.role, p.email, t.last_used_at, t.expires_at
           from staff_tokens t join staff p on p.id = t.staff_id
          where t.revoked_at is null and t.expires_at > $1 and p.status = 'active'
          order by t.id desc limit 500",
        now.to_sqlx() as _
    )
    .fetch_all(pool)
    .await?;
    let kept = rows.into_iter().filter_map(|row| {
        Some(Kept {
            id: row.id,
            name: row.name,
            role: StaffRole::parse(&row.role)?,
            email: row.email,
            last_used_at: row.last_used_at.map(|at| at.to_jiff()),
            expires_at: row.expires_at.to_jiff(),
        })
    });
    Ok(kept.collect())
}

pub(super) async fn revoke(conn: &mut PgConnection, id: Uuid, now: Timestamp) -> Result<bool, DbError> {
    let revoked = sqlx::query!(
        "update staff_tokens set revoked_at = $2 where id = $1 and revoked_at is null and expires_at > $2",
        id,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(revoked.rows_affected() == 1)
}

/// Whose token this is. Writes that it was used only when that was last written five minutes ago or longer.
pub(super) async fn who(pool: &PgPool, hash: &[u8; 32], now: Timestamp) -> Result<Option<Known>, DbError> {
    let row = sqlx::query!(
        "select t.id, t.name, t.role as token_role, t.last_used_at, p.id as staff_id, p.name as staff_name, p.email, p.role
           from staff_tokens t join staff p on p.id = t.staff_id
          where t.token_hash = $1 and t.revoked_at is null and t.expires_at > $2 and p.status = 'active'",
        hash.as_slice(),
        now.to_sqlx() as _
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.last_used_at.is_none_or(|at| now.duration_since(at.to_jiff()) >= SEEN_EVERY) {
        let seen = sqlx::query!("update staff_tokens set last_used_at = $2 where id = $1", row.id, now.to_sqlx() as _);
        seen.execute(pool).await?;
    }
    let roles = StaffRole::parse(&row.role).zip(StaffRole::parse(&row.token_role));
    Ok(roles.map(|(role, limit)| Known {
        id: row.id,
        name: row.name,
        limit,
        holder: row.staff_id,
        holder_name: row.staff_name,
        email: row.email,
        role,
    }))
}
