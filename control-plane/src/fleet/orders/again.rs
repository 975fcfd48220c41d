//! Orders that others follow: taken back, tried again later, and why they failed.
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::database::{DbError, Tx};

/// Ends an order whose work is not wanted any more, whoever has it: what is said of it later counts no more.
pub(crate) async fn withdraw(tx: &mut Tx, order: Uuid, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update work_orders set state = 'done', finished_at = $2, last_error = coalesce(last_error, 'not wanted any more')
          where id = $1 and state <> 'done'",
        order,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Tries an order that has failed, or that left something to do, again from the first attempt on, not before `at`.
pub(crate) async fn again_at(tx: &mut Tx, order: Uuid, at: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update work_orders set state = 'queued', attempts = 0, next_attempt_at = $2, finished_at = null
          where id = $1 and state in ('failed', 'done')",
        order,
        at.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Why an order failed when it was tried last.
pub(crate) async fn last_error(tx: &mut Tx, order: Uuid) -> Result<Option<String>, DbError> {
    let told = sqlx::query_scalar!("select last_error from work_orders where id = $1", order);
    Ok(told.fetch_optional(&mut **tx).await?.flatten())
}
