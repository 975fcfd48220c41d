//! Base backups ordered when they are due, and what the fleet role says of them.
use hotelhub_protocol::{BaseTaken, ClusterId, OrderId, Task};
use hotelhub_web::Result;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::model::{EACH, Pruning, Refusal, superfluous};
use super::store::{self, Keepers, Ordered};
use crate::App;
use crate::database::{DbError, Tx};
use crate::fleet::orders::{self, NewOrder};

/// After tenants' own backups, and what is removed after everything.
const DAILY: i16 = 160;
const REMOVAL: i16 = 200;

/// For so long what failed is removed once more with every base backup that is whole.
const LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Who asks for what is due.
const CLOCK: &str = "HotelHub";

/// Orders a base backup of each cluster that was not copied for a day; how many. Where each hotel lives is seen to be noted first.
pub(in crate::backups) async fn order_due(app: &App, tx: &mut Tx, now: Timestamp) -> Result<u32, DbError> {
    match store::note_lodgings(tx).await? {
        0 => {}
        noted => tracing::warn!(noted, "hotels were given databases that were not noted; now they are"),
    }
    let mut ordered = 0;
    for cluster in store::due(tx, now - EACH, now).await? {
        place(app, tx, &cluster, ("daily", CLOCK, DAILY)).await?;
        ordered += 1;
    }
    Ok(ordered)
}

/// Refuses a cluster on which no worker has a store of backups, or sees that the WAL comes there.
pub(in crate::backups) async fn must_archive(tx: &mut Tx, cluster: &ClusterId, now: Timestamp) -> Result<()> {
    if must_have_store(tx, cluster, now).await?.see_wal { Ok(()) } else { Err(Refusal::NotArchiving.into()) }
}

/// Refuses a cluster on which no worker has a store of backups; what the workers there can do.
pub(in crate::backups) async fn must_have_store(tx: &mut Tx, cluster: &ClusterId, now: Timestamp) -> Result<Keepers> {
    let keepers = store::keepers(tx, &cluster.0, now).await?.ok_or(Refusal::UnknownCluster)?;
    if keepers.have_store { Ok(keepers) } else { Err(Refusal::NoStore.into()) }
}

/// Orders a base backup and writes it down; its id.
pub(super) async fn place(
    app: &App,
    tx: &mut Tx,
    cluster: &ClusterId,
    (kind, asked_by, priority): (&'static str, &str, i16),
) -> Result<Uuid, DbError> {
    let (id, order, now) = (app.ids.next(), app.ids.next(), app.clock.now());
    let task = Task::TakeBase { cluster: cluster.clone(), base: id, urgent: kind == "asked" };
    orders::place(tx, &NewOrder { id: order, tenant: None, priority, task }, now).await?;
    store::note_ordered(tx, &Ordered { id, order, cluster, kind, asked_by }, now).await?;
    Ok(id)
}

/// A base backup is whole. Those of its cluster that nobody needs any more are removed, and the WAL that none of the others needs, and what
/// could not be removed before.
pub(crate) async fn taken(app: &App, tx: &mut Tx, order: OrderId, taken: &BaseTaken) -> Result<(), DbError> {
    let now = app.clock.now();
    let Some(cluster) = store::note_done(tx, order, taken, now).await? else {
        return came_late(app, tx, order).await;
    };
    let mut gone = superfluous(&store::good(tx, &cluster).await?);
    gone.bases.extend(store::left_in_store(tx, &cluster, now - LATELY).await?);
    let order = prune(app, tx, cluster, &gone).await?;
    store::note_pruning(tx, &gone.bases, order).await
}

/// A base backup that counts as failed is whole after all: it is removed, for nobody would find it.
pub(crate) async fn came_late(app: &App, tx: &mut Tx, order: OrderId) -> Result<(), DbError> {
    match store::failed(tx, order).await? {
        Some(failed) => remove(app, tx, failed).await,
        None => Ok(()),
    }
}

async fn prune(app: &App, tx: &mut Tx, cluster: ClusterId, gone: &Pruning) -> Result<Uuid, DbError> {
    let (id, now) = (app.ids.next(), app.clock.now());
    let task = Task::PruneBases { cluster, bases: gone.bases.clone(), first_wal: gone.first_wal.clone() };
    orders::place(tx, &NewOrder { id, tenant: None, priority: REMOVAL, task }, now).await?;
    Ok(id)
}

/// Has removed what lies in the store of a base backup that failed; no WAL.
async fn remove(app: &App, tx: &mut Tx, (base, cluster): (Uuid, ClusterId)) -> Result<(), DbError> {
    prune(app, tx, cluster, &Pruning { bases: vec![base], first_wal: None }).await.map(drop)
}

/// Base backups are removed.
pub(crate) async fn pruned(tx: &mut Tx, order: OrderId) -> Result<(), DbError> {
    store::note_pruned(tx, order).await
}

/// Takes down what no worker will say any more; whether there was any. What may lie in the store of a base backup that failed is removed.
pub(in crate::backups) async fn given_up(app: &App, tx: &mut Tx) -> Result<bool, DbError> {
    let failed = store::settle(tx, app.clock.now()).await?;
    if !failed.is_empty() {
        let failed = failed.len();
        tracing::error!(failed, "base backups failed for good; `hotelhub-control fleet base-backups` says why");
    }
    let any = !failed.is_empty();
    for base in failed {
        remove(app, tx, base).await?;
    }
    Ok(any)
}
