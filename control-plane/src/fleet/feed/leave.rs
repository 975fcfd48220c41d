//! The routing table in a store of objects, for a node that starts without a disk while this plane and every other node are away.
use std::error::Error;
use std::time::Duration;

use axum::body::Bytes;
use hotelhub_kernel::hex;
use hotelhub_protocol::{Kept, in_store};
use hotelhub_store::{Spot, Store};
use hotelhub_web::{AppError, Result};

use crate::App;
use crate::wakes::Wake;

/// How often is looked whether the table is a new one: it is each time its date would be old, too.
const LOOK: Duration = Duration::from_secs(15);

/// Leaves each new table in the store until the process ends. Without a store it ends at once.
pub async fn leave_table(app: App) {
    let Some(store) = &app.routes_store else { return };
    let mut ear = app.wakes.listen(Wake::Routes);
    let mut left = Bytes::new();
    while !app.stopping() {
        match leave_newer(&app, store, &left).await {
            Ok(table) => left = table,
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "the routing table was not left in the store")
            }
        }
        app.wait(&mut ear, LOOK).await;
        // A burst of changes is one table.
        tokio::select! { () = tokio::time::sleep(Duration::from_secs(1)) => {}, () = app.stop.cancelled() => {} }
    }
}

/// Leaves the newest table where it is not the one that was left last; answers it.
async fn leave_newer(app: &App, store: &Store, left: &Bytes) -> Result<Bytes> {
    let table = app.snapshots.newest(app).await?;
    if table != left {
        let snapshot = serde_json::from_slice(&table).map_err(AppError::internal)?;
        let kept = serde_json::to_vec(&Kept { snapshot, deltas: Vec::new() }).map_err(AppError::internal)?;
        put(app, store, &kept).await.map_err(AppError::internal)?;
    }
    Ok(table)
}

async fn put(app: &App, store: &Store, kept: &[u8]) -> std::result::Result<(), hotelhub_store::StoreError> {
    // Several processes of this plane may write it at once: each under a name of its own until it is whole.
    let unfinished = format!(".{}.{}", in_store::TABLE, hex(&app.entropy.bytes::<8>()));
    let mut writing = store.write_by_way_of(Spot::shared(in_store::ROUTES), in_store::TABLE, &unfinished).await?;
    writing.push(kept).await?;
    writing.finish().await
}
