//! The links of staff as rows; a link is known by the hash of its token.
use hotelhub_identity::StaffRole;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::DbError;

/// An open invitation.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = StaffInvitation)]
pub(in crate::staff) struct Invitation {
    pub(in crate::staff) id: Uuid,
    pub(in crate::staff) name: String,
    pub(in crate::staff) email: String,
    #[schema(value_type = String)]
    pub(in crate::staff) role: StaffRole,
    /// When the link stops opening.
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::staff) expires_at: Timestamp,
}

/// Whom an open link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addressee {
    pub(super) link: Uuid,
    /// The account, where there is one already.
    pub(super) staff: Option<Uuid>,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: StaffRole,
}

pub(super) async fn insert_invitation(
    conn: &mut PgConnection,
    invitation: &Invitation,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into staff_links (id, token_hash, email, name, role, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        invitation.id,
        token_hash.as_slice(),
        invitation.email,
        invitation.name,
        invitation.role.as_str(),
        now.to_sqlx() as _,
        invitation.expires_at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_renewal(
    conn: &mut PgConnection,
    id: Uuid,
    token_hash: &[u8; 32],
    staff: Uuid,
    (now, expires): (Timestamp, Timestamp),
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into staff_links (id, token_hash, staff_id, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        id,
        token_hash.as_slice(),
        staff,
        now.to_sqlx() as _,
        expires.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whom a link is for that would work now. No two use it at once.
pub(super) async fn lock(
    conn: &mut PgConnection,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Addressee>, DbError> {
    let row = sqlx::query!(
        r#"select l.id, l.staff_id as "staff_id?", coalesce(p.name, l.name) as "name!", coalesce(p.email, l.email) as "email!",
                  coalesce(p.role, l.role) as "role!"
             from staff_links l left join staff p on p.id = l.staff_id
            where l.token_hash = $1 and l.closed_at is null and l.expires_at > $2
              and (p.id is null or p.status = 'active')
              for update of l"#,
        token_hash.as_slice(),
        now.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| {
        let role = StaffRole::parse(&row.role)?;
        Some(Addressee { link: row.id, staff: row.staff_id, name: row.name, email: row.email, role })
    }))
}

/// Closes a link.
pub(super) async fn close(conn: &mut PgConnection, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!("update staff_links set closed_at = $2 where id = $1 and closed_at is null", id, now.to_sqlx() as _)
        .execute(conn)
        .await?;
    Ok(())
}

/// Closes an invitation; whom it was for, if it was open.
pub(super) async fn close_invitation(
    conn: &mut PgConnection,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<String>, DbError> {
    let row = sqlx::query!(
        r#"update staff_links set closed_at = $2 where id = $1 and closed_at is null and staff_id is null
           returning email as "email!""#,
        id,
        now.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| row.email))
}

/// Closes the open invitation of an address, if there is one.
pub(super) async fn close_of(conn: &mut PgConnection, email: &str, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update staff_links set closed_at = $2 where email = $1 and closed_at is null",
        email,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Closes somebody's open link to a new authenticator, if there is one.
pub(super) async fn close_renewal(conn: &mut PgConnection, staff: Uuid, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update staff_links set closed_at = $2 where staff_id = $1 and closed_at is null",
        staff,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The invitations that are open and in time, the newest first, at most 200.
pub(super) async fn open(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<Invitation>, DbError> {
    let rows = sqlx::query!(
        r#"select id, name as "name!", email as "email!", role as "role!", expires_at
             from staff_links
            where staff_id is null and closed_at is null and expires_at > $1
            order by id desc limit 200"#,
        now.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    let invitation = rows.into_iter().filter_map(|row| {
        let (role, expires_at) = (StaffRole::parse(&row.role)?, row.expires_at.to_jiff());
        Some(Invitation { id: row.id, name: row.name, email: row.email, role, expires_at })
    });
    Ok(invitation.collect())
}
