//! What becomes of deleted tenants: when their days of grace are over their database is dropped, and when that is known to be gone their
//! name is free.
use hotelhub_kernel::TenantId;
use jiff::Timestamp;
use serde_json::json;

use super::store;
use crate::App;
use crate::audit::{self, Actor};
use crate::database::{DbError, Tx};
use crate::fleet::ready::{self, Going};
use crate::wakes::Wake;

/// Has the databases of deleted tenants dropped whose days of grace are over, one at a time on each server and while
/// its disk keeps up; how many were ordered. Takes no input; safe twice and from two places.
pub async fn reap(app: &App) -> Result<u32, DbError> {
    let now = app.clock.now();
    let governor = ready::Governor::listen(&app.db.durable, now).await?;
    let mut tx = app.db.begin().await?;
    let mut ordered = 0;
    for due in store::due(&mut tx, now).await? {
        if !governor.may_drop(&mut tx, &due.cluster, now).await? {
            continue;
        }
        // Held from here on: it may just have been undeleted, or be made after all.
        let held = store::hold(&mut tx, due.tenant).await?;
        if !held.is_some_and(|held| held.life.is_over(now) && !held.being_made) {
            continue;
        }
        let details = json!({ "cluster": due.cluster.0, "database": due.database });
        let going = Going { cluster: due.cluster, database: due.database, tenant: Some(due.tenant), source: None };
        if ready::let_go(app, &mut tx, going, &["live", "claimed", "failed"]).await? {
            note(&mut tx, now, "tenant.drop", due.tenant, details).await?;
            ordered += 1;
        }
    }
    tx.commit().await?;
    if ordered > 0 {
        app.wakes.wake(Wake::Orders);
    }
    Ok(ordered)
}

/// Gives a tenant's name free whose database was looked for and is gone. Saying it twice is the same.
pub(crate) async fn release(tx: &mut Tx, tenant: TenantId, now: Timestamp) -> Result<(), DbError> {
    if store::release(tx, tenant, now).await? {
        note(tx, now, "tenant.release", tenant, json!({})).await?;
    }
    Ok(())
}

async fn note(
    tx: &mut Tx,
    now: Timestamp,
    action: &str,
    tenant: TenantId,
    details: serde_json::Value,
) -> Result<(), DbError> {
    audit::record(tx, now, &Actor::System, action, ("tenant", &tenant.to_string()), Some(tenant), details).await
}
