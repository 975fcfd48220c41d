//! The signed snapshot, made once per version however many nodes ask, and anew when its date is old: a date is all that a node without
//! a disk has to judge another node's copy by.
use std::sync::Arc;

use axum::body::Bytes;
use hotelhub_web::{AppError, Result};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::store;
use crate::App;

/// For how long a snapshot is handed out.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// The newest snapshot as it goes over the wire.
#[derive(Clone, Debug, Default)]
pub struct Snapshots(Arc<Mutex<Option<Made>>>);

#[derive(Debug)]
struct Made {
    version: u64,
    at: Timestamp,
    wire: Bytes,
}

impl Snapshots {
    /// The snapshot of a version not older than the call; who asks meanwhile waits for the same one.
    pub(super) async fn newest(&self, app: &App) -> Result<Bytes> {
        let mut kept = self.0.lock().await;
        let (head, now) = (store::head(&app.db.durable).await?, app.clock.now());
        if let Some(made) = &*kept
            && made.version == head
            && now.duration_since(made.at) < FRESH
        {
            return Ok(made.wire.clone());
        }
        let snapshot = store::snapshot(&app.db.durable, now).await?;
        let signed = app.feed_key.sign("snapshot", &snapshot).map_err(AppError::internal)?;
        let wire = Bytes::from(serde_json::to_vec(&signed).map_err(AppError::internal)?);
        *kept = Some(Made { version: snapshot.version, at: now, wire: wire.clone() });
        Ok(wire)
    }
}
