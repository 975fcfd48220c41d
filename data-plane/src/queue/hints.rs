//! What wakes a worker: tenants with something to do, by the job that was just enqueued.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hotelhub_kernel::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
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
}

/// More hints of one tenant than this say nothing new: a look finds every job that is due.
const KEPT: usize = 64;

impl Hints {
    /// Wakes whoever works for the tenant.
    pub fn send(&self, hint: Hint) {
        let mut hints = self.0.hints.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = hints.entry(hint.tenant).or_default();
        if of_tenant.len() < KEPT {
            of_tenant.push(hint);
        }
        drop(hints);
        self.0.came.notify_one();
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
}
