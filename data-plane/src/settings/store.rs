//! The table of settings.
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::types::Json;

use crate::tenancy::{DbError, Session, Tenant};

const READ: &str = "select value from settings where name = $1";

const WRITE: &str = "
    insert into settings (name, value, updated_at) values ($1, $2, $3)
    on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[READ, WRITE];

/// What was set under `name`; nothing when it never was, or was set in another shape.
pub async fn get<T: DeserializeOwned>(session: &Session, name: &str) -> Result<Option<T>, DbError> {
    let row = session.query_opt(READ, &[&name]).await?;
    Ok(row.and_then(|row| row.try_get::<_, Json<T>>("value").ok()).map(|json| json.0))
}

/// Sets `name` from now on.
pub async fn set(
    session: &Session,
    tenant: &Tenant,
    name: &str,
    value: &(impl Serialize + std::fmt::Debug + Sync),
) -> Result<(), DbError> {
    session.execute(WRITE, &[&name, &Json(value), &tenant.clock().now()]).await?;
    Ok(())
}
