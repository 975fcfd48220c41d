//! The controller of rollouts: looks how the one that runs stands, and does the next step.
use hotelhub_protocol::{ClusterId, Task};
use serde_json::json;
use uuid::Uuid;

use super::model::is_too_much;
use super::store::{self, Running};
use crate::App;
use crate::audit::{self, Actor};
use crate::database::{DbError, Tx};
use crate::fleet::orders::{self, NewOrder};
use crate::wakes::Wake;

/// After who signs up, before the stock.
const PRIORITY: i16 = 50;

/// Databases in one order: a worker that dies leaves so many in doubt.
const BATCH: usize = 20;

/// Orders of a server that are under way or wait for a worker: enough that none waits for the next look, few enough to be halted.
const UNDER_WAY: i64 = 8;

/// Orders the next databases of the rollout that runs, or ends or halts it; how many orders were placed. Safe twice and from two places.
pub async fn drive(app: &App) -> Result<u32, DbError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(running) = store::running(&mut tx).await? else { return Ok(0) };
    store::settle(&mut tx, running.id, now).await?;
    let (tally, left) = store::tally(&mut tx, running.id).await?;
    let mut placed = 0;
    if is_too_much(tally, running.tolerated_bp) {
        let because = format!("{} of {} databases failed", tally.failed, tally.tried);
        halt(app, &mut tx, &running, &because).await?;
    } else if left == 0 {
        store::finish(&mut tx, running.id, now).await?;
        tracing::info!(rollout.id = %running.id, running.target, failed = tally.failed, "a rollout is through");
    } else {
        placed = order_more(app, &mut tx, &running).await?;
    }
    tx.commit().await?;
    if placed > 0 {
        app.wakes.wake(Wake::Orders);
    }
    Ok(placed)
}

async fn halt(app: &App, tx: &mut Tx, running: &Running, because: &str) -> Result<(), DbError> {
    store::halt(tx, running.id, because).await?;
    tracing::error!(rollout.id = %running.id, running.target, because, "a rollout stopped by itself; staff must look");
    let (subject, details) = (running.id.to_string(), json!({ "because": because }));
    audit::record(tx, app.clock.now(), &Actor::System, "rollout.halt", ("rollout", &subject), None, details).await
}

async fn order_more(app: &App, tx: &mut Tx, running: &Running) -> Result<u32, DbError> {
    let outstanding = store::outstanding(tx, running.id).await?;
    let mut placed = 0;
    for (cluster, databases) in store::waiting(tx, running.id).await? {
        let under_way = outstanding.get(&cluster).copied().unwrap_or(0);
        let room = usize::try_from(UNDER_WAY - under_way).unwrap_or(0);
        for batch in databases.chunks(BATCH).take(room) {
            let order = place(app, tx, running, &cluster, batch).await?;
            store::note_ordered(tx, running.id, batch, order).await?;
            placed += 1;
        }
    }
    Ok(placed)
}

async fn place(
    app: &App,
    tx: &mut Tx,
    running: &Running,
    cluster: &ClusterId,
    batch: &[String],
) -> Result<Uuid, DbError> {
    let (cluster, to) = (cluster.clone(), running.target.clone());
    let task = Task::MigrateDatabases { cluster, databases: batch.to_vec(), to };
    let order = NewOrder { id: app.ids.next(), tenant: None, priority: PRIORITY, task };
    orders::place(tx, &order, app.clock.now()).await?;
    Ok(order.id)
}
