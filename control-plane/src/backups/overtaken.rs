//! Backups of a tenant that is given another database while they are under way: what they would show is not what it is served from any more.
use hotelhub_kernel::TenantId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::database::{DbError, Tx};
use crate::fleet::orders;

/// A tenant has another database by now: a backup that waits is taken of that one, one that is being taken of the older one does not count.
pub(super) async fn follow(tx: &mut Tx, tenant: TenantId, database: &str, now: Timestamp) -> Result<(), DbError> {
    let Some(order) = under_way(tx, tenant).await? else { return Ok(()) };
    if !orders::follow(tx, order, database, now).await? {
        return note_overtaken(tx, order, now).await;
    }
    sqlx::query!(
        "update backups b set database_name = d.name, cluster_id = d.cluster_id
           from databases d where b.order_id = $1 and b.state = 'ordered' and d.name = $2",
        order,
        database
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the backup of a tenant that is under way, whether it waits or not. A night is due again.
pub(crate) async fn end_under_way(tx: &mut Tx, tenant: TenantId, now: Timestamp) -> Result<(), DbError> {
    let Some(order) = under_way(tx, tenant).await? else { return Ok(()) };
    orders::withdraw(tx, order, now).await?;
    note_overtaken(tx, order, now).await
}

/// The order of the tenant's backup that is under way. One of an instant is made of a base backup and of no database.
async fn under_way(tx: &mut Tx, tenant: TenantId) -> Result<Option<Uuid>, DbError> {
    let order = sqlx::query_scalar!(
        "select order_id from backups where tenant_id = $1 and state = 'ordered' and kind <> 'instant'",
        tenant.0
    );
    Ok(order.fetch_optional(&mut **tx).await?.flatten())
}

async fn note_overtaken(tx: &mut Tx, order: Uuid, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update backups set state = 'failed', error = 'the hotel was given another database meanwhile', finished_at = $2
          where order_id = $1 and state = 'ordered'",
        order,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
