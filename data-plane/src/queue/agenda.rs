//! Which tenants to look at and when: a timer for each, in memory. What it forgets in a crash, the sweep after the restart finds.
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hotelhub_kernel::TenantId;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use uuid::Uuid;

use super::Hint;

/// A hint goes out before its transaction commits. A look that does not find the job comes again after these, and then gives up: the
/// transaction was rolled back.
const LOOKS: [SignedDuration; 5] = [
    SignedDuration::from_millis(5),
    SignedDuration::from_millis(50),
    SignedDuration::from_millis(500),
    SignedDuration::from_secs(5),
    SignedDuration::from_secs(60),
];

#[derive(Default)]
pub(super) struct Agenda {
    days: Mutex<Days>,
    changed: Notify,
}

#[derive(Default)]
struct Days {
    /// The next look at each tenant; the same in both, by time and by tenant.
    by_time: BTreeSet<(Timestamp, TenantId)>,
    by_tenant: HashMap<TenantId, Timestamp>,
    /// Jobs hinted at and not found yet, and how many looks there were.
    expected: HashMap<TenantId, HashMap<Uuid, Expected>>,
    /// Tenants that are being looked at: one look at a time.
    busy: HashSet<TenantId>,
    /// Tenants that were looked at, or will be, since the process started.
    seen: HashSet<TenantId>,
}

struct Expected {
    due: Timestamp,
    looks: usize,
}

impl Agenda {
    /// Takes a hint in.
    pub(super) fn note(&self, hint: Hint, now: Timestamp) {
        let mut days = self.days();
        let first = hint.due.max(now) + LOOKS[0];
        days.expected.entry(hint.tenant).or_default().insert(hint.job, Expected { due: hint.due, looks: 0 });
        days.set(hint.tenant, first);
    }

    /// A look is worth while then; an earlier one that is planned stays.
    pub(super) fn look_at(&self, tenant: TenantId, when: Timestamp) {
        self.days().set(tenant, when);
        self.changed.notify_one();
    }

    /// A hinted job was found: it is claimed now, here.
    pub(super) fn found(&self, tenant: TenantId, job: Uuid) {
        if let Some(expected) = self.days().expected.get_mut(&tenant) {
            expected.remove(&job);
        }
    }

    /// The next tenant that is due, if it is not being looked at.
    pub(super) fn due(&self, now: Timestamp) -> Option<TenantId> {
        let mut days = self.days();
        let next = days.by_time.iter().take_while(|(when, _)| *when <= now).find(|(_, t)| !days.busy.contains(t));
        let (when, tenant) = *next?;
        days.by_time.remove(&(when, tenant));
        days.by_tenant.remove(&tenant);
        days.busy.insert(tenant);
        days.count_look(tenant, now);
        Some(tenant)
    }

    /// The look is over.
    pub(super) fn looked(&self, tenant: TenantId, now: Timestamp) {
        let mut days = self.days();
        days.busy.remove(&tenant);
        days.plan_next_look(tenant, now);
        drop(days);
        self.changed.notify_one();
    }

    /// Hints may have been lost: every tenant is new again.
    pub(super) fn forget_seen(&self) {
        self.days().seen.clear();
    }

    /// Whether a tenant was never heard of; from now on it was.
    pub(super) fn is_new(&self, tenant: TenantId) -> bool {
        self.days().seen.insert(tenant)
    }

    /// How long until something is due.
    pub(super) fn pause(&self, now: Timestamp) -> Duration {
        let days = self.days();
        let next = days.by_time.iter().find(|(_, tenant)| !days.busy.contains(tenant));
        next.map_or(Duration::MAX, |(when, _)| Duration::try_from(when.duration_since(now)).unwrap_or_default())
    }

    /// Waits until something was added that may be due earlier.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn days(&self) -> MutexGuard<'_, Days> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Days {
    fn set(&mut self, tenant: TenantId, when: Timestamp) {
        if let Some(planned) = self.by_tenant.get(&tenant).copied() {
            if planned <= when {
                return;
            }
            self.by_time.remove(&(planned, tenant));
        }
        self.by_time.insert((when, tenant));
        self.by_tenant.insert(tenant, when);
    }

    /// Counts a look that begins for the hinted jobs that it may find.
    fn count_look(&mut self, tenant: TenantId, now: Timestamp) {
        let expected = self.expected.entry(tenant).or_default();
        expected.values_mut().filter(|job| job.due <= now).for_each(|job| job.looks += 1);
    }

    /// Plans the look after this one for the hinted jobs that it did not find.
    fn plan_next_look(&mut self, tenant: TenantId, now: Timestamp) {
        let Some(expected) = self.expected.get_mut(&tenant) else { return };
        expected.retain(|_, job| job.looks < LOOKS.len());
        let next = expected.values().map(|job| job.due.max(now) + LOOKS[job.looks]).min();
        if expected.is_empty() {
            self.expected.remove(&tenant);
        }
        if let Some(next) = next {
            self.set(tenant, next);
        }
    }
}
