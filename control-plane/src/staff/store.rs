//! Staff and their sessions as rows.
use hotelhub_identity::{PasswordHash, RecoveryCodes, StaffRole, Totp};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::database::DbError;

/// A session ends this long after it began, whatever happens.
pub(super) const LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// A session ends when it was not used for so long.
pub(super) const IDLE: SignedDuration = SignedDuration::from_hours(8);
/// That a session was used is written no more often than this.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// A member of staff with the secrets that open the account.
pub(super) struct Account {
    pub(super) id: Uuid,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) role: StaffRole,
    pub(super) password: PasswordHash,
    pub(super) totp: Totp,
    pub(super) totp_last_step: Option<i64>,
}

/// Somebody whose session is good now.
pub(super) struct Known {
    pub(super) session: Uuid,
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: StaffRole,
}

/// An open session, as its owner sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct OpenSession {
    /// Its id.
    pub(super) id: Uuid,
    /// The address it was opened from.
    pub(super) address: String,
    /// What the browser calls itself.
    pub(super) agent: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(super) created_at: Timestamp,
    /// When it was last used, to five minutes.
    #[schema(value_type = String, format = DateTime)]
    pub(super) last_seen_at: Timestamp,
}

/// The active account of an address.
pub(super) async fn by_email(pool: &PgPool, email: &str) -> Result<Option<Account>, DbError> {
    let row = sqlx::query!(
        "select id, email, name, role, password_hash, totp_secret, totp_last_step
           from staff where email = $1 and status = 'active'",
        email
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.and_then(|row| {
        Some(Account {
            id: row.id,
            email: row.email,
            name: row.name,
            role: StaffRole::parse(&row.role)?,
            password: PasswordHash::kept(row.password_hash),
            totp: Totp::kept(&row.totp_secret)?,
            totp_last_step: row.totp_last_step,
        })
    }))
}

/// Adds a member of staff with both factors and recovery codes; the constraint `staff_email_unique` refuses a second of one address.
pub(super) async fn insert(
    conn: &mut PgConnection,
    account: &Account,
    codes: &RecoveryCodes,
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into staff (id, email, name, role, password_hash, password_set_at, totp_secret, totp_last_step, created_at,
                            updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $6, $6)",
        account.id,
        account.email,
        account.name,
        account.role.as_str(),
        account.password.as_str(),
        now.to_sqlx() as _,
        account.totp.expose(),
        account.totp_last_step
    )
    .execute(&mut *conn)
    .await?;
    insert_codes(conn, account.id, codes).await
}

/// Whose token this is. Writes that it was seen only when that was last written five minutes ago or longer.
pub(super) async fn who(pool: &PgPool, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Known>, DbError> {
    let row = sqlx::query!(
        "select s.id as session_id, s.last_seen_at, p.id, p.name, p.email, p.role
           from staff_sessions s join staff p on p.id = s.staff_id
          where s.token_hash = $1 and s.revoked_at is null and s.expires_at > $2 and s.last_seen_at > $3
            and p.status = 'active'",
        token_hash.as_slice(),
        now.to_sqlx() as _,
        (now - IDLE).to_sqlx() as _
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if now.duration_since(row.last_seen_at.to_jiff()) >= SEEN_EVERY {
        sqlx::query!(
            "update staff_sessions set last_seen_at = $2 where id = $1 and last_seen_at < $2",
            row.session_id,
            now.to_sqlx() as _
        )
        .execute(pool)
        .await?;
    }
    let role = StaffRole::parse(&row.role);
    Ok(role.map(|role| Known { session: row.session_id, id: row.id, name: row.name, email: row.email, role }))
}

/// Whether this step, or a later one, was not used before. The row's lock decides between two that bring the same code.
pub(super) async fn spend_step(conn: &mut PgConnection, staff: Uuid, step: i64) -> Result<bool, DbError> {
    let spent = sqlx::query!(
        "update staff set totp_last_step = $2 where id = $1 and (totp_last_step is null or totp_last_step < $2)",
        staff,
        step
    )
    .execute(conn)
    .await?;
    Ok(spent.rows_affected() > 0)
}

/// Whether this was one of the account's codes and not used before.
pub(super) async fn spend_recovery(
    conn: &mut PgConnection,
    staff: Uuid,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<bool, DbError> {
    let spent = sqlx::query!(
        "update staff_recovery_codes set used_at = $3 where staff_id = $1 and code_hash = $2 and used_at is null",
        staff,
        hash.as_slice(),
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(spent.rows_affected() > 0)
}

/// Opens a session.
pub(super) async fn open(
    conn: &mut PgConnection,
    (id, staff): (Uuid, Uuid),
    token_hash: &[u8; 32],
    (address, agent): (&str, &str),
    now: Timestamp,
) -> Result<(), DbError> {
    let expires: Timestamp = now + LIFETIME;
    sqlx::query!(
        "insert into staff_sessions (id, staff_id, token_hash, address, agent, created_at, last_seen_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $6, $7)",
        id,
        staff,
        token_hash.as_slice(),
        address,
        agent,
        now.to_sqlx() as _,
        expires.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Somebody's open sessions, the newest first, at most 200.
pub(super) async fn list(pool: &PgPool, staff: Uuid, now: Timestamp) -> Result<Vec<OpenSession>, DbError> {
    let rows = sqlx::query!(
        "select id, address, agent, created_at, last_seen_at
           from staff_sessions
          where staff_id = $1 and revoked_at is null and expires_at > $2 and last_seen_at > $3
          order by id desc limit 200",
        staff,
        now.to_sqlx() as _,
        (now - IDLE).to_sqlx() as _
    )
    .fetch_all(pool)
    .await?;
    let open = rows.into_iter().map(|row| OpenSession {
        id: row.id,
        address: row.address,
        agent: row.agent,
        created_at: row.created_at.to_jiff(),
        last_seen_at: row.last_seen_at.to_jiff(),
    });
    Ok(open.collect())
}

/// Whether there was such an open session of this member of staff.
pub(super) async fn revoke(conn: &mut PgConnection, id: Uuid, staff: Uuid, now: Timestamp) -> Result<bool, DbError> {
    let ended = sqlx::query!(
        "update staff_sessions set revoked_at = $3 where id = $1 and staff_id = $2 and revoked_at is null",
        id,
        staff,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Sets a password and ends every session but the one kept.
pub(super) async fn set_password(
    conn: &mut PgConnection,
    staff: Uuid,
    hash: &PasswordHash,
    kept: Uuid,
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "update staff set password_hash = $2, password_set_at = $3, updated_at = $3 where id = $1",
        staff,
        hash.as_str(),
        now.to_sqlx() as _
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update staff_sessions set revoked_at = $3 where staff_id = $1 and id <> $2 and revoked_at is null",
        staff,
        kept,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a session a fresh token.
pub(super) async fn rotate(conn: &mut PgConnection, id: Uuid, token_hash: &[u8; 32]) -> Result<(), DbError> {
    sqlx::query!("update staff_sessions set token_hash = $2 where id = $1", id, token_hash.as_slice())
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether an address is of the staff already, may its owner sign in or not.
pub(super) async fn is_known(conn: &mut PgConnection, email: &str) -> Result<bool, DbError> {
    let known = sqlx::query!("select id from staff where email = $1", email).fetch_optional(conn).await?;
    Ok(known.is_some())
}

/// Puts new recovery codes in the place of all that somebody has.
pub(super) async fn replace_codes(conn: &mut PgConnection, staff: Uuid, codes: &RecoveryCodes) -> Result<(), DbError> {
    sqlx::query!("delete from staff_recovery_codes where staff_id = $1", staff).execute(&mut *conn).await?;
    insert_codes(conn, staff, codes).await
}

/// Recovery codes of somebody that are still good.
pub(super) async fn codes_left(pool: &PgPool, staff: Uuid) -> Result<i64, DbError> {
    let row = sqlx::query!(
        r#"select count(*) as "left!" from staff_recovery_codes where staff_id = $1 and used_at is null"#,
        staff
    )
    .fetch_one(pool)
    .await?;
    Ok(row.left)
}

async fn insert_codes(conn: &mut PgConnection, staff: Uuid, codes: &RecoveryCodes) -> Result<(), DbError> {
    let hashes: Vec<Vec<u8>> = codes.hashes().iter().map(|hash| hash.to_vec()).collect();
    sqlx::query!(
        "insert into staff_recovery_codes (staff_id, code_hash) select $1, hash from unnest($2::bytea[]) as hash",
        staff,
        &hashes
    )
    .execute(conn)
    .await?;
    Ok(())
}
