//! Backups that are removed from the store, as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, OrderId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use super::store::Whose;
use crate::database::{DbError, Tx};

/// The backups of a tenant of which something may still lie in the store: they failed, or were to be removed and could not be.
pub(super) async fn uncleared(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Uuid>, DbError> {
    let uncleared = sqlx::query_scalar!(
        "select id from backups b
          where tenant_id = $1
            and (state = 'failed' and cleared_at is null and clearing_order is null
                 or state = 'pruning' and exists (select from work_orders o where o.id = b.order_id and o.state = 'done'))",
        tenant.0
    );
    Ok(uncleared.fetch_all(&mut **tx).await?)
}

/// Backups that were to be removed, and could not be when that was tried last before `before`, at most 50: held until the transaction ends.
pub(super) async fn left(tx: &mut Tx, before: Timestamp) -> Result<Vec<Whose>, DbError> {
    let rows = sqlx::query!(
        "select b.id, b.tenant_id, b.cluster_id from backups b join work_orders o on o.id = b.order_id
          where b.state = 'pruning' and o.state = 'done' and o.next_attempt_at < $1
          order by b.id limit 50 for update of b skip locked",
        before.to_sqlx() as _
    );
    let left = rows.fetch_all(&mut **tx).await?.into_iter();
    Ok(left.map(|row| (row.id, TenantId(row.tenant_id), ClusterId(row.cluster_id))).collect())
}

/// Writes down that these are being removed. One that failed stays failed.
pub(super) async fn note_pruning(tx: &mut Tx, backups: &[Uuid], order: Uuid) -> Result<(), DbError> {
    sqlx::query!(
        "with cleared as (
             update backups set clearing_order = $2, cleared_at = null where id = any($1) and state = 'failed')
         update backups set state = 'pruning', order_id = $2 where id = any($1) and state in ('done', 'pruning')",
        backups,
        order
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that they are removed.
pub(super) async fn note_pruned(tx: &mut Tx, order: OrderId, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "with cleared as (
             update backups set cleared_at = $2, clearing_order = null where clearing_order = $1)
         update backups set state = 'pruned' where order_id = $1 and state = 'pruning'",
        order.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
