//! The staff as rows.
use hotelhub_identity::{StaffRole, Totp};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::{Standing, Status};
use crate::database::DbError;
use crate::staff::store::IDLE;

/// One of the staff, as those see who look after them.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = StaffMember)]
pub(super) struct Member {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) email: String,
    #[schema(value_type = String)]
    pub(super) role: StaffRole,
    pub(super) status: Status,
    /// Whether the authenticator was reset and the new one is not set up yet.
    pub(super) authenticator_pending: bool,
    /// Sessions that are open now.
    pub(super) sessions: i64,
    /// When they were last here, to five minutes.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) last_seen_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub(super) created_at: Timestamp,
}

/// The staff by name, those who may sign in first; one of them, or all, at most 500.
pub(super) async fn list(conn: &mut PgConnection, one: Option<Uuid>, now: Timestamp) -> Result<Vec<Member>, DbError> {
    let rows = sqlx::query!(
        r#"select p.id, p.name, p.email, p.role, p.status, p.created_at,
                  (select max(s.last_seen_at) from staff_sessions s where s.staff_id = p.id) as last_seen_at,
                  (select count(*) from staff_sessions s
                    where s.staff_id = p.id and s.revoked_at is null and s.expires_at > $2 and s.last_seen_at > $3
                  ) as "sessions!",
                  exists (select from staff_links l where l.staff_id = p.id and l.closed_at is null) as "pending!"
             from staff p
            where $1::uuid is null or p.id = $1
            order by p.status, lower(p.name), p.id limit 500"#,
        one,
        now.to_sqlx() as _,
        (now - IDLE).to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    let member = rows.into_iter().filter_map(|row| {
        Some(Member {
            id: row.id,
            name: row.name,
            email: row.email,
            role: StaffRole::parse(&row.role)?,
            status: Status::read(&row.status),
            authenticator_pending: row.pending,
            sessions: row.sessions,
            last_seen_at: row.last_seen_at.map(|at| at.to_jiff()),
            created_at: row.created_at.to_jiff(),
        })
    });
    Ok(member.collect())
}

/// How many can look after the staff. None of them changes before this transaction ends.
pub(super) async fn lock_admins(conn: &mut PgConnection) -> Result<i64, DbError> {
    let admins =
        sqlx::query!("select id from staff where role = 'super_admin' and status = 'active' order by id for update")
            .fetch_all(conn)
            .await?;
    Ok(i64::try_from(admins.len()).unwrap_or(i64::MAX))
}

/// Somebody's standing and mail address; nobody changes them before this transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Option<(Standing, String)>, DbError> {
    let row =
        sqlx::query!("select email, role, status from staff where id = $1 for update", id).fetch_optional(conn).await?;
    Ok(row.and_then(|row| {
        let standing = Standing { role: StaffRole::parse(&row.role)?, status: Status::read(&row.status) };
        Some((standing, row.email))
    }))
}

/// Gives somebody a standing.
pub(super) async fn set(conn: &mut PgConnection, id: Uuid, standing: Standing, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update staff set role = $2, status = $3, updated_at = $4 where id = $1",
        id,
        standing.role.as_str(),
        standing.status.as_str(),
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends every open session of somebody; how many there were.
pub(super) async fn end_sessions(conn: &mut PgConnection, id: Uuid, now: Timestamp) -> Result<u64, DbError> {
    let ended = sqlx::query!(
        "update staff_sessions set revoked_at = $2
          where staff_id = $1 and revoked_at is null and expires_at > $2 and last_seen_at > $3",
        id,
        now.to_sqlx() as _,
        (now - IDLE).to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected())
}

/// Takes somebody the authenticator and the recovery codes, and puts a new authenticator in their place.
pub(super) async fn replace_authenticator(
    conn: &mut PgConnection,
    id: Uuid,
    totp: &Totp,
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "with codes as (delete from staff_recovery_codes where staff_id = $1)
         update staff set totp_secret = $2, totp_last_step = null, updated_at = $3 where id = $1",
        id,
        totp.expose(),
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}
