//! What the fleet role says of imports, and what becomes of those that nothing is said of.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{OrderId, Restored};
use hotelhub_web::{Kind, Result};
use serde_json::json;

use super::store::{self, Begun};
use crate::App;
use crate::audit::{self, Actor};
use crate::database::{DbError, Tx};
use crate::fleet::feed;
use crate::fleet::ready::{self, Going};
use crate::signup::{self, Newcomer, Wrong};

/// All of a hotel's data are in: now there is a tenant, and it is served. One whose name was taken or whose plan went meanwhile stays away.
pub(crate) async fn imported(app: &App, tx: &mut Tx, order: OrderId, told: &Restored) -> Result<()> {
    let now = app.clock.now();
    let Some(begun) = store::open(tx, order).await? else { return Ok(()) };
    let newcomer = Newcomer::read(begun.wish.clone()).map_err(|wrongs| Wrong::refuse(&wrongs))?;
    if signup::free(&app.db.durable, std::slice::from_ref(&newcomer.slug)).await?.is_empty() {
        return Ok(failed(app, tx, begun, "another hotel took the name meanwhile").await?);
    }
    let plan = match signup::plan_of(app, tx, &newcomer).await {
        Err(refusal) if refusal.kind() == Kind::Invalid => {
            return Ok(failed(app, tx, begun, refusal.detail()).await?);
        }
        plan => plan?,
    };
    signup::begin(app, tx, begun.tenant, &newcomer, &plan, now).await?;
    ready::replace(tx, &begun.database, begun.tenant, Some(&told.template), now).await?;
    store::note_done(tx, begun.id, told, now).await?;
    note(tx, &begun, now).await?;
    feed::publish_tenant(tx, begun.tenant, now).await?;
    Ok(())
}

async fn note(tx: &mut Tx, begun: &Begun, now: jiff::Timestamp) -> Result<(), DbError> {
    let (subject, details) = (begun.tenant.to_string(), json!({ "import": begun.id }));
    audit::record(tx, now, &Actor::System, "tenant.imported", ("tenant", &subject), Some(begun.tenant), details).await
}

/// Takes down what no worker will say any more: its order was given up. There is no tenant.
pub(crate) async fn given_up(app: &App, tx: &mut Tx) -> Result<(), DbError> {
    for (order, reason) in store::given_up(tx).await? {
        if let Some(begun) = store::open(tx, order).await? {
            failed(app, tx, begun, &reason).await?;
        }
    }
    Ok(())
}

/// What may be there of its database is nobody's, and dropped.
async fn failed(app: &App, tx: &mut Tx, begun: Begun, reason: &str) -> Result<(), DbError> {
    tracing::error!(import.id = %begun.id, reason, "an export was not taken in");
    store::note_failed(tx, begun.id, reason, app.clock.now()).await?;
    let going = Going { cluster: begun.cluster, database: begun.database, tenant: Some(begun.tenant), source: None };
    ready::let_go(app, tx, going, &["restoring"]).await?;
    Ok(())
}

/// Removes the pieces of imports that are over, also those that a process took in and did not live to write down; how many imports. Takes no
/// input; safe twice and from two places.
pub async fn tidy(app: &App) -> Result<u32, DbError> {
    let mut tx = app.db.begin().await?;
    given_up(app, &mut tx).await?;
    tx.commit().await?;
    let Some(shelf) = &app.exchange else { return Ok(0) };
    let (mut tidied, now) = (0, app.clock.now());
    store::expire(&mut *app.db.durable.acquire().await?, now).await?;
    let over = store::over(&mut *app.db.durable.acquire().await?, now).await?;
    for import in over {
        if let Err(error) = shelf.remove_all_of(TenantId(import)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, import.id = %import, "its pieces were not removed");
            continue;
        }
        store::note_tidied(&mut *app.db.durable.acquire().await?, import, now).await?;
        tidied += 1;
    }
    Ok(tidied)
}
