//! The signed snapshot, made once per version however many nodes ask.
use std::sync::Arc;

use axum::body::Bytes;
use hotelhub_web::{AppError, Result};
use tokio::sync::Mutex;

use super::store;
use crate::App;

/// The newest snapshot as it goes over the wire.
#[derive(Clone, Debug, Default)]
pub struct Snapshots(Arc<Mutex<Option<(u64, Bytes)>>>);

impl Snapshots {
    /// The snapshot of a version not older than the call; who asks meanwhile waits for the same one.
    pub(super) async fn newest(&self, app: &App) -> Result<Bytes> {
        let mut kept = self.0.lock().await;
        let head = store::head(&app.db.durable).await?;
        if let Some((version, wire)) = &*kept
            && *version == head
        {
            return Ok(wire.clone());
        }
        let snapshot = store::snapshot(&app.db.durable, app.clock.now()).await?;
        let signed = app.feed_key.sign("snapshot", &snapshot).map_err(AppError::internal)?;
        let wire = Bytes::from(serde_json::to_vec(&signed).map_err(AppError::internal)?);
        *kept = Some((snapshot.version, wire.clone()));
        Ok(wire)
    }
}
