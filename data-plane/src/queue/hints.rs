//! What wakes a worker: tenants with something to do, by the job that was just enqueued.
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hotelhub_kernel::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

/// A job that a transaction has inserted and will probably commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub job: Uuid,
    /// Not to be run before.
    pub due: Timestamp,
}

/// Tells the workers that a tenant has something to do. Nothing here may be waited for and nothing here may fail.
#[derive(Clone, Default)]
pub struct Hints(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    hints: Mutex<HashMap<TenantId, Vec<Hint>>>,
    came: Notify,
    /// Whether a worker of this process takes them.
    heard: AtomicBool,
    /// Whether some from other processes may have been missed.
    missed: AtomicBool,
    /// Whether some of this process found no place to wait until they leave.
    overflown: AtomicBool,
    outward: OnceLock<mpsc::Sender<Hint>>,
}

/// More hints of one tenant than this say nothing new: a look finds every job that is due.
const KEPT: usize = 64;

impl Hints {
    /// Wakes whoever works for the tenant, here or elsewhere.
    pub fn send(&self, hint: Hint) {
        self.bring(hint);
        // Full while the messenger is cut off: other workers look everywhere when it is back.
        if self.0.outward.get().is_some_and(|outward| outward.try_send(hint).is_err()) {
            self.0.overflown.store(true, Ordering::Release);
        }
    }

    /// Wakes the worker of this process.
    pub(super) fn bring(&self, hint: Hint) {
        if !self.0.heard.load(Ordering::Acquire) {
            return;
        }
        let mut hints = self.0.hints.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = hints.entry(hint.tenant).or_default();
        if of_tenant.len() < KEPT {
            of_tenant.push(hint);
        }
        drop(hints);
        self.0.came.notify_one();
    }

    /// A worker takes them from now on.
    pub(super) fn listen(&self) {
        self.0.heard.store(true, Ordering::Release);
    }

    /// Hints of other processes may have been lost.
    pub(super) fn miss(&self) {
        self.0.missed.store(true, Ordering::Release);
    }

    /// Whether hints may have been lost since the last call.
    pub(super) fn take_missed(&self) -> bool {
        self.0.missed.swap(false, Ordering::AcqRel)
    }

    /// Whether hints of this process could not wait to leave since the last call.
    pub(super) fn take_overflown(&self) -> bool {
        self.0.overflown.swap(false, Ordering::AcqRel)
    }

    /// What came since the last call.
    pub(super) fn take(&self) -> Vec<Hint> {
        let mut hints = self.0.hints.lock().unwrap_or_else(PoisonError::into_inner);
        hints.drain().flat_map(|(_, of_tenant)| of_tenant).collect()
    }

    /// Waits for the next one.
    pub(super) async fn came(&self) {
        self.0.came.notified().await;
    }

    /// Where hints leave the process from now on; set once.
    pub(super) fn leave_by(&self, outward: mpsc::Sender<Hint>) {
        let _ = self.0.outward.set(outward);
    }
}
