//! Follows the routing table: the whole of it once and anew from time to time, and changes as they happen.
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use hotelhub_kernel::Backoff;
use hotelhub_protocol::{Change, Deltas, Snapshot};
use jiff::{SignedDuration, Timestamp};

use super::client::Heard;
use super::refusals::Offered;
use super::trust::{self, Doubt, Held};
use super::{Inner, LinkError};
use crate::tenancy::Applied;

/// The pauses while nobody answers: one who is back is heard within seconds.
const PAUSES: Backoff = Backoff { base: Duration::from_millis(200), ceiling: Duration::from_secs(4) };

/// Between an answer that led nowhere and the next question.
const BREATH: Duration = Duration::from_millis(100);

/// A journal of more entries is exchanged for a new snapshot.
const LONGEST_JOURNAL: usize = 2_000;

/// A snapshot that was taken longer ago is renewed, though every change since is known: who has none judges a copy by its date.
const RENEWAL: SignedDuration = SignedDuration::from_hours(1);
/// And tried again no sooner; this long after one was refused it is asked for again.
const RENEWAL_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What a question brought.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The table is as new as the control plane knows.
    Heard,
    /// The whole table must be asked for: changes between it and ours are missing.
    Behind,
}

impl Inner {
    /// Follows for ever. A table that is refused leaves the changes to follow.
    pub(super) async fn follow(self: &Arc<Self>) {
        let mut failures = 0;
        let mut renewed = None;
        let mut whole = !self.parts.directory.is_filled() || self.complaints.stand();
        loop {
            let step = if whole {
                renewed = Some(self.parts.clock.now());
                self.take_whole().await
            } else {
                self.take_changes().await
            };
            whole = match step {
                Ok(Step::Heard) => {
                    self.hear(failures);
                    failures = 0;
                    self.renewal_is_due(renewed)
                }
                Ok(Step::Behind) => {
                    tokio::time::sleep(BREATH).await;
                    true
                }
                Err(error) => {
                    failures += 1;
                    self.miss(&error, failures);
                    tokio::time::sleep(PAUSES.after(failures, &self.parts.entropy)).await;
                    !self.parts.directory.is_filled()
                }
            };
            self.show_version();
        }
    }

    fn hear(&self, failures: u32) {
        if failures > 0 || self.connected.get() == 0 {
            tracing::info!(routes.version = self.parts.directory.version(), "the control plane is heard");
        }
        self.connected.set(1);
    }

    fn miss(&self, error: &LinkError, failures: u32) {
        self.connected.set(0);
        if failures == 1 {
            let error = error as &dyn std::error::Error;
            tracing::warn!(error, "the control plane is not heard; serving on");
        }
    }

    /// Whether the whole table is asked for though nothing is missing, where it was asked for then.
    fn renewal_is_due(&self, renewed: Option<Timestamp>) -> bool {
        let now = self.parts.clock.now();
        // By either sign: a clock that was set back puts nothing off.
        let since = renewed.map(|renewed| now.duration_since(renewed).abs());
        let is_old = now.duration_since(*self.taken_at()) > RENEWAL || since.is_some_and(|since| since > RENEWAL);
        (is_old || self.complaints.stand()) && since.is_none_or(|since| since > RENEWAL_AGAIN)
    }

    async fn take_whole(self: &Arc<Self>) -> Result<Step, LinkError> {
        if self.parts.directory.is_filled() { self.take_snapshot().await } else { self.take_first().await }
    }

    /// Exchanges the whole table, unless the one that comes is worse than ours.
    pub(super) async fn take_snapshot(self: &Arc<Self>) -> Result<Step, LinkError> {
        let bytes = self.client.snapshot().await?;
        let (bytes, read) = self.read(bytes).await?;
        let believed = read.and_then(|snapshot| trust::weigh(&self.held(), &snapshot).map(|()| snapshot));
        let snapshot = believed.inspect_err(|doubt| self.complaints.refuse(Offered::Table, doubt))?;
        self.take_on_table(snapshot);
        self.complaints.all_is_good();
        self.keep(move |inner| inner.shelf.keep_snapshot(&bytes)).await;
        Ok(Step::Heard)
    }

    /// Checks the seal of a whole table and reads it, beside the runtime: it may be megabytes. The bytes come back to be kept as they are.
    async fn read(&self, bytes: Bytes) -> Result<(Bytes, Result<Snapshot, Doubt>), LinkError> {
        let verifier = self.verifier.clone();
        let read = move || {
            let read = verifier.read::<Snapshot>("snapshot", &bytes);
            (bytes, read.map(|(_, snapshot)| snapshot).map_err(Doubt::from))
        };
        Ok(tokio::task::spawn_blocking(read).await?)
    }

    /// Takes on what has changed.
    async fn take_changes(self: &Arc<Self>) -> Result<Step, LinkError> {
        let before = self.parts.directory.version();
        let bytes = match self.client.deltas(before).await? {
            Heard::Nothing => return Ok(Step::Heard),
            Heard::Gap => return Ok(Step::Behind),
            Heard::Deltas(bytes) => bytes,
        };
        let believed = self.verifier.read::<Deltas>("deltas", &bytes).map_err(Doubt::from);
        let (signed, deltas) = believed.inspect_err(|doubt| self.complaints.refuse(Offered::Changes, doubt))?;
        self.complaints.changes_are_good();
        if self.take_on_changes(deltas) == Applied::Gap {
            return Ok(Step::Behind);
        }
        if self.parts.directory.version() == before {
            tokio::time::sleep(BREATH).await;
            return Ok(Step::Heard);
        }
        let entries = self.keep(move |inner| inner.shelf.append(&[signed])).await;
        let kept = entries.is_some_and(|entries| entries <= LONGEST_JOURNAL);
        Ok(if kept { Step::Heard } else { Step::Behind })
    }

    /// Lives by a table that is believed.
    pub(super) fn take_on_table(&self, snapshot: Snapshot) {
        self.departed.store(snapshot.departed, Ordering::Relaxed);
        *self.taken_at() = snapshot.taken_at;
        self.parts.directory.apply_snapshot(snapshot);
        self.take_on_reserve();
    }

    /// Lives by changes that are believed, as far as they follow on what is there.
    pub(super) fn take_on_changes(&self, deltas: Deltas) -> Applied {
        let before = self.parts.directory.version();
        let gone = deltas.deltas.iter().filter(|delta| matches!(delta.change, Change::Gone { .. }));
        let gone: Vec<u64> = gone.map(|delta| delta.version).collect();
        let of_servers = deltas.deltas.iter().any(|delta| matches!(delta.change, Change::Cluster(_)));
        let applied = self.parts.directory.apply_deltas(deltas);
        if of_servers {
            self.take_on_reserve();
        }
        let now = before + 1..=self.parts.directory.version();
        let departed = gone.into_iter().filter(|version| now.contains(version)).count();
        self.departed.fetch_add(u64::try_from(departed).unwrap_or(0), Ordering::Relaxed);
        applied
    }

    fn held(&self) -> Held {
        let directory = &self.parts.directory;
        Held {
            version: directory.version(),
            departed: self.departed.load(Ordering::Relaxed),
            tenants: directory.all().into_iter().map(|entry| entry.route.tenant).collect(),
        }
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

    pub(super) fn show_version(&self) {
        self.routes_version.set(i64::try_from(self.parts.directory.version()).unwrap_or(i64::MAX));
    }
}
