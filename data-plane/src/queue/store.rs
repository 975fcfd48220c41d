//! Jobs as rows.
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::Job;
use crate::tenancy::{DbError, Session};

const INSERT: &str = "
    insert into jobs (id, queue, name, version, payload, due_at, created_at)
    values ($1, $2, $3, $4, $5, $6, $7)";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[INSERT];

pub(super) async fn insert<J: Job>(
    session: &Session,
    id: Uuid,
    payload: &Value,
    due: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    session.execute(INSERT, &[&id, &J::POLICY.queue, &J::NAME, &J::VERSION, payload, &due, &now]).await?;
    Ok(())
}
