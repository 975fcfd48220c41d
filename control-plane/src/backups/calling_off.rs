//! Restores and drills called off while they are under way: nothing was changed yet, and what was made for them goes.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::ClusterId;
use hotelhub_web::Result;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::json;
use uuid::Uuid;

use super::model::Refusal;
use super::reports;
use super::restores::{self, Begun, Listed};
use super::store::Whose;
use crate::App;
use crate::audit;
use crate::database::{DbError, Tx};
use crate::fleet::orders;
use crate::staff::VendorStaff;

/// Ends a restore that is under way, as if it had failed. Its worker hears of it with its next heartbeat; until its lease is over it may be at
/// the new database still, which is dropped after that.
pub(super) async fn called_off(app: &App, tx: &mut Tx, staff: &VendorStaff, restore: Uuid) -> Result<Listed> {
    let now = app.clock.now();
    restores::list(tx, None, Some(restore), 1).await?.pop().ok_or(Refusal::UnknownRestore)?;
    let orders = orders_of(tx, restore).await?.ok_or(Refusal::Over)?;
    let mut quiet = now;
    for order in orders.restoring.into_iter().chain(orders.making) {
        quiet = orders::withdraw(tx, order, now).await?.map_or(quiet, |until| quiet.max(until));
    }
    let begun = hold(tx, restore, orders.restoring).await?.ok_or(Refusal::Over)?;
    let reason = format!("{} called it off", staff.name);
    reports::give_back(tx, &begun, &reason, (now, quiet)).await?;
    if orders.making.is_some()
        && let Some((backup, tenant, cluster)) = note_unmade(tx, begun.backup, &reason, now).await?
    {
        reports::prune(app, tx, (tenant, cluster), vec![backup]).await?;
    }
    let (subject, details) = (begun.tenant.to_string(), json!({ "restore": restore, "backup": begun.backup }));
    let (actor, action) = (staff.actor(), "tenant.restore_called_off");
    audit::record(tx, now, &actor, action, ("tenant", &subject), Some(begun.tenant), details).await?;
    Ok(restores::list(tx, None, Some(restore), 1).await?.pop().ok_or(Refusal::UnknownRestore)?)
}

/// Who works for a restore.
struct Orders {
    /// The order that fills its database.
    restoring: Option<Uuid>,
    /// Where it waits for a backup of an instant: the order that makes it.
    making: Option<Uuid>,
}

async fn orders_of(tx: &mut Tx, restore: Uuid) -> Result<Option<Orders>, DbError> {
    let row = sqlx::query!(
        "select r.order_id, case when r.order_id is null then b.order_id end as making
           from restores r join backups b on b.id = r.backup_id
          where r.id = $1 and r.state = 'ordered'",
        restore
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Orders { restoring: row.order_id, making: row.making }))
}

/// The restore, held until the transaction ends, if it still is where its orders were seen.
async fn hold(tx: &mut Tx, restore: Uuid, order: Option<Uuid>) -> Result<Option<Begun>, DbError> {
    let row = sqlx::query!(
        "select id, backup_id, kind, tenant_id, database_name, closed_for_it from restores
          where id = $1 and state = 'ordered' and order_id is not distinct from $2 for update",
        restore,
        order
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Begun {
        id: row.id,
        backup: row.backup_id,
        kind: row.kind,
        tenant: TenantId(row.tenant_id),
        database: row.database_name,
        closed_for_it: row.closed_for_it,
    }))
}

/// Ends the backups of a tenant that are under way: what they would show is not what it is served from any more. A night is due again.
pub(crate) async fn end_under_way(tx: &mut Tx, tenant: TenantId, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "with open as (
             select b.id, o.id as order_id from backups b join work_orders o on o.id = b.order_id
              where b.tenant_id = $1 and b.state = 'ordered' and b.kind <> 'instant' for update of o),
         stopped as (
             update work_orders o set state = 'done', finished_at = $2, last_error = coalesce(o.last_error, 'not wanted any more')
               from open where o.id = open.order_id)
         update backups b set state = 'failed', error = 'the hotel was given another database meanwhile', finished_at = $2
           from open where b.id = open.id and b.state = 'ordered'",
        tenant.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that a backup of an instant is not made.
async fn note_unmade(tx: &mut Tx, backup: Uuid, reason: &str, now: Timestamp) -> Result<Option<Whose>, DbError> {
    let row = sqlx::query!(
        "update backups set state = 'failed', error = $2, finished_at = $3
          where id = $1 and state = 'ordered' returning id, tenant_id, cluster_id",
        backup,
        reason,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.id, TenantId(row.tenant_id), ClusterId(row.cluster_id))))
}
