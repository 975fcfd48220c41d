//! Backups that are removed from the store, as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, OrderId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use super::store::{HEARD, Whose};
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

/// A backup of a hotel that is gone.
pub(super) struct Outlived {
    pub(super) id: Uuid,
    pub(super) tenant: TenantId,
    /// A server whose worker has the store.
    pub(super) cluster: ClusterId,
    /// Whether it could be restored until now.
    pub(super) is_good: bool,
}

/// Backups of hotels that were deleted before an instant and whose names are free, at most 500, those of one beside one another: held until
/// the transaction ends. What something is being restored from is none of them. Any worker removes them, where that of their own server is gone.
pub(super) async fn outlived(tx: &mut Tx, deleted_before: Timestamp, now: Timestamp) -> Result<Vec<Outlived>, DbError> {
    let held = sqlx::query_scalar!(
        "select b.id from backups b join tenants t on t.id = b.tenant_id
          where t.released_at is not null and t.status_since <= $1
            and (b.state = 'done' or b.state = 'failed' and b.cleared_at is null and b.clearing_order is null)
          order by b.tenant_id, b.id limit 500 for update of b skip locked",
        deleted_before.to_sqlx() as _
    );
    let held = held.fetch_all(&mut **tx).await?;
    let rows = sqlx::query!(
        r#"select b.id, b.tenant_id, k.cluster_id as "cluster_id!", b.state = 'done' as "is_good!"
             from backups b
             cross join lateral (
                 select known.cluster_id from backup_keepers known join clusters c on c.id = known.cluster_id
                  where known.heard_at > $2 order by known.cluster_id = b.cluster_id desc, known.cluster_id limit 1) k
            where b.id = any($1) and not exists (select from restores r where r.backup_id = b.id and r.state = 'ordered')
            order by b.tenant_id, k.cluster_id, b.id"#,
        &held,
        (now - HEARD).to_sqlx() as _
    );
    let outlived = rows.fetch_all(&mut **tx).await?.into_iter().map(|row| Outlived {
        id: row.id,
        tenant: TenantId(row.tenant_id),
        cluster: ClusterId(row.cluster_id),
        is_good: row.is_good,
    });
    Ok(outlived.collect())
}

/// The server whose workers remove what was taken of this one: itself, or another where no worker has the store for it any more.
pub(super) async fn remover(tx: &mut Tx, of: ClusterId, now: Timestamp) -> Result<ClusterId, DbError> {
    let found = sqlx::query_scalar!(
        r#"select c.id as "id!" from backup_keepers k join clusters c on c.id = k.cluster_id
            where k.heard_at > $2 order by c.id = $1 desc, c.id limit 1"#,
        of.0,
        (now - HEARD).to_sqlx() as _
    );
    let found = found.fetch_optional(&mut **tx).await?;
    Ok(found.map_or(of, ClusterId))
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
