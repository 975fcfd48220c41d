//! What the fleet role says of exports, and what becomes of those that were not said anything of, or are old.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{BackedUp, Copying, OrderId};
use hotelhub_vault::Place;
use jiff::Timestamp;

use super::store;
use crate::App;
use crate::database::{DbError, Tx};

/// A node says how far it is with what it copies. A word that is lost is said again with the next beat.
pub(crate) async fn reached(app: &App, node: &str, said: &[Copying]) -> Result<(), DbError> {
    store::note_how_far(&app.db.relaxed, node, said).await
}

/// An export is whole.
pub(crate) async fn exported(app: &App, tx: &mut Tx, order: OrderId, told: &BackedUp) -> Result<(), DbError> {
    store::note_done(tx, order, told, app.clock.now()).await
}

/// A tenant is given another database: what it had before is not what is taken away.
pub(crate) async fn follow(tx: &mut Tx, tenant: TenantId, database: &str, now: Timestamp) -> Result<(), DbError> {
    store::follow(tx, tenant, database, now).await
}

/// Takes down what no worker will say any more: its order was given up.
pub(crate) async fn given_up(app: &App, tx: &mut Tx) -> Result<(), DbError> {
    let failed = store::settle(tx, app.clock.now()).await?;
    if failed > 0 {
        tracing::error!(failed, "exports failed for good; the tenants' pages say why");
    }
    Ok(())
}

/// Removes exports whose time is over; how many. Takes no input; safe twice and from two places.
pub async fn tidy(app: &App) -> Result<u32, DbError> {
    let mut tx = app.db.begin().await?;
    given_up(app, &mut tx).await?;
    tx.commit().await?;
    let Some(shelf) = &app.exchange else { return Ok(0) };
    let mut removed = 0;
    let over = store::over(&mut *app.db.durable.acquire().await?, app.clock.now()).await?;
    for (id, tenant) in over {
        if let Err(error) = shelf.remove(Place { tenant, backup: id }).await {
            tracing::warn!(error = &error as &dyn std::error::Error, export.id = %id, "an old export was not removed");
            continue;
        }
        store::note_expired(&mut *app.db.durable.acquire().await?, id, app.clock.now()).await?;
        removed += 1;
    }
    Ok(removed)
}
