//! The audit log's table: rows are added and read.
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::model::{Actor, Line};
use crate::tenancy::{DbError, Session, Tenant};

const INSERT: &str = "
    insert into audit_log (at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, details, request_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const LIST: &str = "
    select seq, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, details, request_id
      from audit_log
     where ($1::bigint is null or seq < $1)
       and ($2::text is null or subject_kind = $2)
       and ($3::uuid is null or subject_id = $3)
     order by seq desc
     limit $4";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[INSERT, LIST];

/// Adds a line in the transaction of the change it tells of. `details` holds no secret and no more of a person than the change.
pub async fn record(
    session: &Session,
    tenant: &Tenant,
    actor: &Actor,
    action: &str,
    subject: (&str, Uuid),
    details: impl Serialize,
) -> Result<(), DbError> {
    let (kind, id) = subject;
    let now = tenant.clock().now();
    let details = Json(serde_json::to_value(details).unwrap_or(Value::Null));
    let details = if details.0.is_null() { Json(Value::Object(serde_json::Map::new())) } else { details };
    let (who, request) = ((actor.kind(), actor.id(), actor.name()), tenant.request_id());
    session.execute(INSERT, &[&now, &who.0, &who.1, &who.2, &action, &kind, &id, &details, &request]).await?;
    Ok(())
}

/// Up to `limit` lines, the newest first, before line `before`, of one kind of subject or one subject alone.
pub(super) async fn list(
    session: &Session,
    before: Option<i64>,
    subject_kind: Option<&str>,
    subject: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Line>, DbError> {
    Ok(session.query(LIST, &[&before, &subject_kind, &subject, &limit]).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Line {
    Line {
        seq: row.get("seq"),
        at: row.get("at"),
        actor_kind: row.get("actor_kind"),
        actor_id: row.get("actor_id"),
        actor_name: row.get("actor_name"),
        action: row.get("action"),
        subject_kind: row.get("subject_kind"),
        subject_id: row.get("subject_id"),
        details: row.get::<_, Json<Value>>("details").0,
        request_id: row.get("request_id"),
    }
}
