//! Restores and drills called off while they are under way: nothing was changed yet, and what was made for them goes.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, OrderId};
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
    let listed = restores::list(tx, None, Some(restore), 1).await?.pop().ok_or(Refusal::UnknownRestore)?;
    let orders = orders_of(tx, restore).await?.ok_or(Refusal::Over)?;
    let mut quiet = now;
    for order in orders.restoring.into_iter().chain(orders.making) {
        quiet = orders::withdraw(tx, order, now).await?.map_or(quiet, |until| quiet.max(until));
    }
    let begun = hold(tx, &listed, &orders).await?.ok_or(Refusal::Over)?;
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
async fn hold(tx: &mut Tx, restore: &Listed, orders: &Orders) -> Result<Option<Begun>, DbError> {
    if let Some(order) = orders.restoring {
        return restores::open(tx, OrderId(order)).await;
    }
    let waiting = restores::waiting(tx, restore.backup_id).await?;
    Ok(waiting.into_iter().map(|(begun, _)| begun).find(|begun| begun.id == restore.id))
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
