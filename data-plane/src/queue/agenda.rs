//! Which tenants to look at and when, in memory. What it forgets in a crash, the sweep after the restart finds.
//!
//! Two kinds of time: a job is due by the node's clock, which a test may hold in its hand; a commit is waited for in real time.
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hotelhub_kernel::TenantId;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::Hint;

/// A hint goes out before its transaction commits. A look that does not find the job comes again after these, and then gives up: the
/// transaction was rolled back.
const LOOKS: [Duration; 5] = [
    Duration::from_millis(5),
    Duration::from_millis(50),
    Duration::from_millis(500),
    Duration::from_secs(5),
    Duration::from_secs(60),
];

/// Now, by the node's clock and in real time.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) clock: Timestamp,
    pub(super) real: Instant,
}

#[derive(Default)]
pub(super) struct Agenda {
    days: Mutex<Days>,
    changed: Notify,
}

#[derive(Default)]
struct Days {
    /// Tenants with something due, by the clock.
    due: Timers<Timestamp>,
    /// Tenants with a commit to wait for, in real time.
    commits: Timers<Instant>,
    /// Jobs hinted at and not found yet.
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

/// The earliest time for each tenant.
struct Timers<T> {
    by_time: BTreeSet<(T, TenantId)>,
    by_tenant: HashMap<TenantId, T>,
}

impl Agenda {
    /// Takes a hint in.
    pub(super) fn note(&self, hint: Hint, now: Moment) {
        let mut days = self.days();
        days.expected.entry(hint.tenant).or_default().insert(hint.job, Expected { due: hint.due, looks: 0 });
        days.plan(hint.tenant, now);
    }

    /// A look is worth while then; an earlier one that is planned stays.
    pub(super) fn look_at(&self, tenant: TenantId, when: Timestamp) {
        self.days().due.set(tenant, when);
        self.changed.notify_one();
    }

    /// A hinted job was found: it is claimed now, here.
    pub(super) fn found(&self, tenant: TenantId, job: Uuid) {
        if let Some(expected) = self.days().expected.get_mut(&tenant) {
            expected.remove(&job);
        }
    }

    /// The next tenant to look at, if it is not being looked at.
    pub(super) fn next(&self, now: Moment) -> Option<TenantId> {
        let mut days = self.days();
        let free = |tenant: &TenantId| !days.busy.contains(tenant);
        let tenant = days.due.first(now.clock, free).or_else(|| days.commits.first(now.real, free))?;
        days.due.clear(tenant, now.clock);
        days.commits.clear(tenant, now.real);
        days.busy.insert(tenant);
        let expected = days.expected.entry(tenant).or_default();
        expected.values_mut().filter(|job| job.due <= now.clock).for_each(|job| job.looks += 1);
        Some(tenant)
    }

    /// The look is over.
    pub(super) fn looked(&self, tenant: TenantId, now: Moment) {
        let mut days = self.days();
        days.busy.remove(&tenant);
        days.plan(tenant, now);
        drop(days);
        self.changed.notify_one();
    }

    /// Whether a tenant was never heard of; from now on it was.
    pub(super) fn is_new(&self, tenant: TenantId) -> bool {
        self.days().seen.insert(tenant)
    }

    /// A tenant is gone. Should it come back it is new.
    pub(super) fn forget(&self, tenant: TenantId) {
        self.days().seen.remove(&tenant);
    }

    /// Hints may have been lost: every tenant is new again.
    pub(super) fn forget_seen(&self) {
        self.days().seen.clear();
    }

    /// Tenants to look at by now, and those that are being looked at.
    pub(super) fn waiting(&self, now: Moment) -> usize {
        let days = self.days();
        let mut waiting = days.busy.clone();
        waiting.extend(days.due.until(now.clock));
        waiting.extend(days.commits.until(now.real));
        waiting.len()
    }

    /// How long until there is somebody to look at.
    pub(super) fn pause(&self, now: Moment) -> Duration {
        let days = self.days();
        let free = |tenant: &TenantId| !days.busy.contains(tenant);
        let due = days.due.earliest(free).map(|when| when.duration_since(now.clock));
        let due = due.map(|pause| Duration::try_from(pause).unwrap_or_default());
        let commit = days.commits.earliest(free).map(|when| when.saturating_duration_since(now.real));
        due.into_iter().chain(commit).min().unwrap_or(Duration::MAX)
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
    /// Plans the next look for the hinted jobs that were not found yet.
    fn plan(&mut self, tenant: TenantId, now: Moment) {
        let Some(expected) = self.expected.get_mut(&tenant) else { return };
        expected.retain(|_, job| job.looks < LOOKS.len());
        if expected.is_empty() {
            self.expected.remove(&tenant);
            return;
        }
        for job in expected.values() {
            match LOOKS.get(job.looks) {
                Some(pause) if job.due <= now.clock => self.commits.set(tenant, now.real + *pause),
                _ => self.due.set(tenant, job.due),
            }
        }
    }
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self { by_time: BTreeSet::new(), by_tenant: HashMap::new() }
    }
}

impl<T: Copy + Ord> Timers<T> {
    /// Sets a tenant's time, unless it has an earlier one.
    fn set(&mut self, tenant: TenantId, when: T) {
        if let Some(planned) = self.by_tenant.get(&tenant).copied() {
            if planned <= when {
                return;
            }
            self.by_time.remove(&(planned, tenant));
        }
        self.by_time.insert((when, tenant));
        self.by_tenant.insert(tenant, when);
    }

    fn until(&self, now: T) -> impl Iterator<Item = TenantId> {
        self.by_time.iter().take_while(move |(when, _)| *when <= now).map(|(_, tenant)| *tenant)
    }

    fn first(&self, now: T, free: impl Fn(&TenantId) -> bool) -> Option<TenantId> {
        self.until(now).find(free)
    }

    fn earliest(&self, free: impl Fn(&TenantId) -> bool) -> Option<T> {
        self.by_time.iter().find(|(_, tenant)| free(tenant)).map(|(when, _)| *when)
    }

    /// Strikes a tenant's time if it has come.
    fn clear(&mut self, tenant: TenantId, now: T) {
        if let Some(when) = self.by_tenant.get(&tenant).copied().filter(|when| *when <= now) {
            self.by_tenant.remove(&tenant);
            self.by_time.remove(&(when, tenant));
        }
    }
}
