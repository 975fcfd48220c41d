//! Follows the routing table: a snapshot once, then changes as they happen.
use std::sync::Arc;
use std::time::Duration;

use hotelhub_kernel::Backoff;
use hotelhub_protocol::{Deltas, Signed, Snapshot};

use super::client::Heard;
use super::{Inner, LinkError};
use crate::tenancy::Applied;

/// The pauses while nobody answers.
const PAUSES: Backoff = Backoff { base: Duration::from_millis(200), ceiling: Duration::from_secs(15) };

/// A journal of more entries is exchanged for a new snapshot.
const LONGEST_JOURNAL: usize = 2_000;

impl Inner {
    /// Takes on what lies on disk: whole if its seal fits, and no further than the first change that does not.
    pub(super) fn recall(&self) -> Result<bool, LinkError> {
        let kept = self.shelf.load()?;
        self.live_by(&kept.shares);
        let Some(signed) = kept.snapshot else { return Ok(false) };
        let snapshot: Snapshot = self.verifier.open("snapshot", &signed)?;
        self.parts.directory.apply_snapshot(snapshot);
        if !kept.deltas.iter().all(|signed| self.take_on_kept(signed)) {
            self.shelf.doubt_journal();
        }
        self.show_version();
        Ok(true)
    }

    /// Whether kept changes are believed and follow on what is there.
    fn take_on_kept(&self, signed: &Signed) -> bool {
        match self.verifier.open::<Deltas>("deltas", signed) {
            Ok(deltas) => self.parts.directory.apply_deltas(deltas) != Applied::Gap,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the kept changes end where one is not believed");
                false
            }
        }
    }

    /// Follows for ever.
    pub(super) async fn follow(self: &Arc<Self>) {
        let mut failures = 0;
        let mut whole = !self.parts.directory.is_filled();
        loop {
            let step = if whole { self.take_snapshot().await } else { self.take_deltas().await };
            match step {
                Ok(again_whole) => {
                    if failures > 0 || self.connected.get() == 0 {
                        tracing::info!(routes.version = self.parts.directory.version(), "the control plane is heard");
                    }
                    failures = 0;
                    self.connected.set(1);
                    whole = again_whole;
                }
                Err(error) => {
                    failures += 1;
                    self.connected.set(0);
                    if failures == 1 {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "the control plane is not heard; serving on"
                        );
                    }
                    tokio::time::sleep(PAUSES.after(failures, &self.parts.entropy)).await;
                }
            }
            self.show_version();
        }
    }

    /// Exchanges the whole table. Never for an older one.
    async fn take_snapshot(self: &Arc<Self>) -> Result<bool, LinkError> {
        let signed = self.client.snapshot().await?;
        let snapshot: Snapshot = self.verifier.open("snapshot", &signed)?;
        let (directory, theirs) = (&self.parts.directory, snapshot.version);
        if directory.is_filled() && theirs < directory.version() {
            return Err(LinkError::Older { theirs, ours: directory.version() });
        }
        directory.apply_snapshot(snapshot);
        self.keep(move |inner| inner.shelf.keep_snapshot(&signed)).await;
        Ok(false)
    }

    /// Takes on what has changed; whether the whole table must be asked for next.
    async fn take_deltas(self: &Arc<Self>) -> Result<bool, LinkError> {
        let signed = match self.client.deltas(self.parts.directory.version()).await? {
            Heard::Nothing => return Ok(false),
            Heard::Gap => return Ok(true),
            Heard::Deltas(signed) => signed,
        };
        let deltas: Deltas = self.verifier.open("deltas", &signed)?;
        let before = self.parts.directory.version();
        if self.parts.directory.apply_deltas(deltas) == Applied::Gap {
            return Ok(true);
        }
        if self.parts.directory.version() == before {
            return Ok(false);
        }
        let entries = self.keep(move |inner| inner.shelf.append(&signed)).await;
        Ok(entries.is_none_or(|entries| entries > LONGEST_JOURNAL))
    }

    /// Writes to disk beside the runtime. A full disk stops nobody from serving.
    pub(super) async fn keep<T: Send + 'static>(
        self: &Arc<Self>,
        write: impl FnOnce(&Self) -> std::io::Result<T> + Send + 'static,
    ) -> Option<T> {
        let inner = self.clone();
        match tokio::task::spawn_blocking(move || write(&inner)).await {
            Ok(Ok(value)) => Some(value),
            Ok(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "what the control plane said cannot be kept on disk"
                );
                None
            }
            Err(_) => None,
        }
    }

    fn show_version(&self) {
        self.routes_version.set(i64::try_from(self.parts.directory.version()).unwrap_or(i64::MAX));
    }
}
