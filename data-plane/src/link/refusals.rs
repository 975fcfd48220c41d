//! What the control plane offered last and this node refuses to live by, told loudly: a line, a counter, and a word for `/health`.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotelhub_web::metrics::Metrics;
use prometheus::{IntCounterVec, Opts};

use super::trust::Doubt;

/// What was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    /// The whole table.
    Table,
    /// Changes of it.
    Changes,
    /// The table that lay on this node's disk.
    OnDisk,
}

/// Why the routing table in use is not the one that was offered last; nothing while it is. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Mutex<Standing>>);

#[derive(Debug, Default)]
struct Standing {
    table: Option<&'static str>,
    on_disk: Option<&'static str>,
    changes: Option<&'static str>,
}

/// Refusals and how often there were some.
pub(super) struct Complaints {
    standing: Refusals,
    refused: IntCounterVec,
}

impl Refusals {
    /// A word for what is wrong with what was offered, while it is.
    pub fn standing(&self) -> Option<&'static str> {
        let standing = self.lock();
        standing.table.or(standing.on_disk).or(standing.changes)
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Complaints {
    pub(super) fn register(standing: Refusals, metrics: &Metrics) -> Result<Self, prometheus::Error> {
        let named = Opts::new("hotelhub_routes_refused_total", "Routing tables and changes that were not believed.");
        let refused = IntCounterVec::new(named, &["reason"])?;
        metrics.register(refused.clone())?;
        Ok(Self { standing, refused })
    }

    pub(super) fn count(&self, doubt: &Doubt) {
        self.refused.with_label_values(&[doubt.word()]).inc();
    }

    /// Counts a refusal; says it in the log unless it said the same last.
    pub(super) fn refuse(&self, offered: Offered, doubt: &Doubt) {
        self.count(doubt);
        let mut standing = self.standing.lock();
        let said = match offered {
            Offered::Table => &mut standing.table,
            Offered::Changes => &mut standing.changes,
            Offered::OnDisk => &mut standing.on_disk,
        };
        if said.replace(doubt.word()) != Some(doubt.word()) {
            let error = doubt as &dyn std::error::Error;
            tracing::error!(
                error,
                ?offered,
                "what was offered as the routing table is refused; serving on by the last good one"
            );
        }
    }

    /// Changes are believed again.
    pub(super) fn changes_are_good(&self) {
        self.standing.lock().changes = None;
    }

    /// Another table than the one on this node's disk is lived by, and takes its place there.
    pub(super) fn disk_is_made_good(&self) {
        self.standing.lock().on_disk = None;
    }

    /// The control plane's whole table is good, whatever was wrong before.
    pub(super) fn all_is_good(&self) {
        *self.standing.lock() = Standing::default();
    }

    /// Whether something is refused now.
    pub(super) fn stand(&self) -> bool {
        self.standing.standing().is_some()
    }
}
