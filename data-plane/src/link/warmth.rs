//! Which hotels were asked for most: kept on disk, so that a process that starts again has a connection for them before they come.
use std::sync::Arc;
use std::time::Duration;

use super::Inner;

/// How many are kept.
const MOST: usize = 500;
/// How often it is written down.
const EVERY: Duration = Duration::from_secs(30);

impl Inner {
    /// Warms up what was asked for most before this process began, then writes down for ever what is.
    pub(super) async fn keep_warm(self: &Arc<Self>) {
        let before = self.keep(|inner| inner.shelf.asked_most()).await.unwrap_or_default();
        let hotels = self.parts.pools.warm_up(&before).await;
        if hotels > 0 {
            tracing::info!(hotels, "the hotels that were asked for most have a connection");
        }
        loop {
            tokio::time::sleep(EVERY).await;
            self.note_asked_most().await;
        }
    }

    /// Writes down what was asked for most, unless nothing was: then the process before this one knew more.
    pub(super) async fn note_asked_most(self: &Arc<Self>) {
        let tenants = self.parts.pools.asked_most(MOST);
        if !tenants.is_empty() {
            self.keep(move |inner| inner.shelf.keep_asked_most(&tenants)).await;
        }
    }
}
