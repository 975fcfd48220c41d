//! What the fleet role says of orders about backups, taken down in the transaction of its report.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{BackedUp, ClusterId, OrderId, Restored, Task};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::restores::{self, Begun};
use super::{bases, closure, deeds, overtaken, pruning, store, superfluous};
use crate::App;
use crate::audit::{self, Actor};
use crate::database::{DbError, Tx};
use crate::exports;
use crate::fleet::orders::{self, NewOrder};
use crate::fleet::{feed, ready};
use crate::tenants;

/// After everything else.
const PRIORITY: i16 = 200;

/// A backup is whole. Those of its tenant that nobody needs any more are removed, and what may be left of those that failed: the store is
/// there again.
pub(crate) async fn backed_up(app: &App, tx: &mut Tx, order: OrderId, taken: &BackedUp) -> Result<(), DbError> {
    let now = app.clock.now();
    let Some((tenant, cluster, zone)) = store::note_done(tx, order, taken, now).await? else {
        return came_late(app, tx, order).await;
    };
    deeds::go_on(app, tx, order, &taken.sha256).await?;
    let zone = TimeZone::get(&zone).unwrap_or(TimeZone::UTC);
    let mut gone = superfluous(&store::good(tx, tenant).await?, &zone, now);
    gone.extend(pruning::uncleared(tx, tenant).await?);
    if gone.is_empty() { Ok(()) } else { prune(app, tx, (tenant, cluster), gone).await }
}

/// A backup that counts as failed is whole after all, of a tenant or of a server: it is removed, for nobody would find it.
pub(crate) async fn came_late(app: &App, tx: &mut Tx, order: OrderId) -> Result<(), DbError> {
    match store::failed(tx, order).await? {
        Some((backup, tenant, cluster)) => prune(app, tx, (tenant, cluster), vec![backup]).await,
        None => bases::came_late(app, tx, order).await,
    }
}

/// Backups of instants are kept for a week from when they were made, and what could not be removed is removed an hour later, whoever's it
/// is; how many orders remove others.
pub(super) async fn prune_instants(app: &App, tx: &mut Tx, now: Timestamp) -> Result<u32, DbError> {
    let mut ordered = 0;
    let mut over = store::old_instants(tx, now).await?;
    over.extend(pruning::left(tx, now - store::AGAIN).await?);
    for (backup, tenant, cluster) in over {
        prune(app, tx, (tenant, cluster), vec![backup]).await?;
        ordered += 1;
    }
    Ok(ordered)
}

/// Backups of hotels that are gone are removed when their days are over; how many orders remove them.
pub(super) async fn prune_outlived(app: &App, tx: &mut Tx, now: Timestamp) -> Result<u32, DbError> {
    let kept_for = SignedDuration::from_hours(24 * i64::from(app.settings.tenant_backup_days));
    let outlived = pruning::outlived(tx, now - kept_for, now).await?;
    let mut ordered = 0;
    for together in outlived.chunk_by(|one, next| (one.tenant, &one.cluster) == (next.tenant, &next.cluster)) {
        let Some(first) = together.first() else { continue };
        let (tenant, cluster) = (first.tenant, first.cluster.clone());
        prune(app, tx, (tenant, cluster), together.iter().map(|backup| backup.id).collect()).await?;
        ordered += 1;
        let good: Vec<Uuid> = together.iter().filter(|backup| backup.is_good).map(|backup| backup.id).collect();
        if !good.is_empty() {
            let (action, subject, details) = ("tenant.remove_backups", tenant.to_string(), json!({ "backups": good }));
            audit::record(tx, now, &Actor::System, action, ("tenant", &subject), Some(tenant), details).await?;
        }
    }
    Ok(ordered)
}

pub(super) async fn prune(
    app: &App,
    tx: &mut Tx,
    (tenant, cluster): (TenantId, ClusterId),
    backups: Vec<Uuid>,
) -> Result<(), DbError> {
    let (now, id) = (app.clock.now(), app.ids.next());
    let cluster = pruning::remover(tx, cluster, now).await?;
    let task = Task::PruneBackups { cluster, tenant, backups: backups.clone() };
    orders::place(tx, &NewOrder { id, tenant: None, priority: PRIORITY, task }, now).await?;
    pruning::note_pruning(tx, &backups, id).await
}

/// Backups are removed.
pub(crate) async fn pruned(app: &App, tx: &mut Tx, order: OrderId) -> Result<(), DbError> {
    bases::pruned(tx, order).await?;
    pruning::note_pruned(tx, order, app.clock.now()).await
}

/// A backup is restored: the database takes its tenant's place, and the hotel is opened where it was closed for it.
pub(crate) async fn restored(app: &App, tx: &mut Tx, order: OrderId, told: &Restored) -> Result<(), DbError> {
    let now = app.clock.now();
    let Some(begun) = restores::open(tx, order).await? else { return Ok(()) };
    if begun.kind == "drill" {
        restores::forget_database(tx, &begun).await?;
        return restores::note_done(tx, &begun, told, None, now).await;
    }
    if !tenants::hold_served(tx, begun.tenant).await? {
        return failed(tx, &begun, "the hotel was deleted meanwhile", now).await;
    }
    if begun.kind == "in_place" && !closure::is_still_closed(tx, &begun).await? {
        return failed(tx, &begun, "the hotel was opened meanwhile: what was written since would be lost", now).await;
    }
    let replaced = ready::replace(tx, &begun.database, begun.tenant, Some(&told.template), now).await?;
    overtaken::follow(tx, begun.tenant, &begun.database, now).await?;
    exports::follow(tx, begun.tenant, &begun.database, now).await?;
    let keep_until = tenants::grace_from(app, now);
    let left = replaced.map(|database| (database, keep_until));
    restores::note_done(tx, &begun, told, left.as_ref().map(|(name, until)| (name.as_str(), *until)), now).await?;
    note(tx, now, "tenant.restored", &begun).await?;
    move_routes(tx, &begun, now).await
}

/// Nothing was changed: a hotel that is closed for it is opened, a copy never was.
async fn failed(tx: &mut Tx, begun: &Begun, reason: &str, now: Timestamp) -> Result<(), DbError> {
    tracing::error!(tenant = %begun.tenant, restore.id = %begun.id, reason, "a backup was not restored");
    note(tx, now, "tenant.restore_failed", begun).await?;
    give_back(tx, begun, reason, (now, now)).await
}

/// Ends a restore that changed nothing. What may be there of its database is dropped once it is `quiet`.
pub(super) async fn give_back(
    tx: &mut Tx,
    begun: &Begun,
    reason: &str,
    (now, quiet): (Timestamp, Timestamp),
) -> Result<(), DbError> {
    restores::note_failed(tx, begun, reason, (now, quiet)).await?;
    if begun.kind == "copy" {
        return tenants::abandon(tx, begun.tenant, reason, now).await;
    }
    let is_served = tenants::hold_served(tx, begun.tenant).await?;
    if begun.closed_for_it && closure::is_still_closed(tx, begun).await? {
        tenants::open_again(tx, begun.tenant).await?;
        if is_served {
            feed::publish_tenant(tx, begun.tenant, now).await?;
        }
    }
    Ok(())
}

/// Takes down what no worker will say any more: its order was given up. What may lie in the store of a backup that failed is removed.
/// Whether there was any.
pub(crate) async fn given_up(app: &App, tx: &mut Tx) -> Result<bool, DbError> {
    let now = app.clock.now();
    let spoilt = store::settle(tx, now).await?;
    if !spoilt.is_empty() {
        tracing::error!(failed = spoilt.len(), "backups failed for good; the tenants' pages say why");
    }
    let orders = restores::given_up(tx).await?;
    let without_base = bases::given_up(app, tx).await?;
    let any = without_base || !spoilt.is_empty() || !orders.is_empty();
    for (backup, tenant, cluster) in spoilt {
        for (begun, reason) in restores::waiting(tx, backup).await? {
            failed(tx, &begun, &reason, now).await?;
        }
        prune(app, tx, (tenant, cluster), vec![backup]).await?;
    }
    for (order, reason) in orders {
        if let Some(begun) = restores::open(tx, order).await? {
            failed(tx, &begun, &reason, now).await?;
        }
    }
    Ok(any)
}

async fn move_routes(tx: &mut Tx, begun: &Begun, now: Timestamp) -> Result<(), DbError> {
    if begun.closed_for_it {
        tenants::open_again(tx, begun.tenant).await?;
    }
    feed::publish_tenant(tx, begun.tenant, now).await?;
    Ok(())
}

async fn note(tx: &mut Tx, now: Timestamp, action: &str, begun: &Begun) -> Result<(), DbError> {
    let (subject, details) = (begun.tenant.to_string(), json!({ "backup": begun.backup, "restore": begun.id }));
    audit::record(tx, now, &Actor::System, action, ("tenant", &subject), Some(begun.tenant), details).await
}
