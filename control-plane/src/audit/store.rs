//! The audit log as rows.
use hotelhub_kernel::{Cursor, Page, TenantId};
use hotelhub_web::subject;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::database::DbError;

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// One of the vendor's people.
    Staff {
        /// The account.
        id: Uuid,
        /// The person's name then.
        name: String,
    },
    /// Somebody from outside, known by address.
    Visitor(String),
    /// A node of the data plane.
    Node(String),
    /// Somebody at the command line of this program.
    Command,
    /// The house itself.
    System,
}

impl Actor {
    fn parts(&self) -> (&'static str, Option<Uuid>, &str) {
        match self {
            Self::Staff { id, name } => ("staff", Some(*id), name),
            Self::Visitor(address) => ("visitor", None, address),
            Self::Node(name) => ("node", None, name),
            Self::Command => ("command", None, ""),
            Self::System => ("system", None, ""),
        }
    }
}

/// Adds a line, with the present request if there is one. `action` is `noun.verb`, `subject` the kind and name of what was changed.
pub async fn record(
    conn: &mut PgConnection,
    now: Timestamp,
    actor: &Actor,
    action: &str,
    subject: (&str, &str),
    tenant: Option<TenantId>,
    details: Value,
) -> Result<(), DbError> {
    let (kind, id, name) = actor.parts();
    sqlx::query!(
        "insert into audit_log (at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, tenant_id, details, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        now.to_sqlx() as _,
        kind,
        id,
        name,
        action,
        subject.0,
        subject.1,
        tenant.map(|tenant| tenant.0),
        details,
        subject::request_id().map(|id| id.0)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A line as staff read it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Entry {
    /// Its place in the log.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// `staff`, `visitor`, `node`, `command` or `system`.
    pub actor_kind: String,
    /// The account, for staff.
    pub actor_id: Option<Uuid>,
    /// The name or address.
    pub actor_name: String,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub subject_kind: String,
    /// To which.
    pub subject_id: String,
    /// Whose tenant it concerns.
    pub tenant_id: Option<Uuid>,
    /// More about it.
    #[schema(value_type = Object)]
    pub details: Value,
    /// The request that caused it; none for a command and for what the house does by itself.
    pub request_id: Option<Uuid>,
}

/// The log, newest first; of one tenant, or all.
pub async fn list(
    pool: &PgPool,
    tenant: Option<TenantId>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Entry>, DbError> {
    let before: Option<i64> = after.and_then(|cursor| cursor.key.parse().ok());
    let rows = sqlx::query!(
        "select seq, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, tenant_id, details,
                request_id
           from audit_log
          where ($1::uuid is null or tenant_id = $1) and ($2::bigint is null or seq < $2)
          order by seq desc limit $3",
        tenant.map(|tenant| tenant.0),
        before,
        i64::try_from(limit + 1).unwrap_or(i64::MAX)
    )
    .fetch_all(pool)
    .await?;
    let entries = rows.into_iter().map(|row| Entry {
        seq: row.seq,
        at: row.at.to_jiff(),
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        actor_name: row.actor_name,
        action: row.action,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        tenant_id: row.tenant_id,
        details: row.details,
        request_id: row.request_id,
    });
    Ok(Page::cut(entries.collect(), limit, |entry| Cursor { key: entry.seq.to_string(), id: Uuid::nil() }))
}
