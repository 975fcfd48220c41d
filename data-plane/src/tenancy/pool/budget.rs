//! How many connections this process may have to one Postgres server. The permit lives with the socket.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus::IntGauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A number of permits that can be changed while they are out.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Inner>);

struct Inner {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Permits that are out and have been withdrawn: they are not given on when they come back. Changed under the lock of the terms.
    owed: AtomicUsize,
    terms: Mutex<Terms>,
    shown_out: IntGauge,
    shown_limit: IntGauge,
}

struct Terms {
    limit: usize,
    out: usize,
}

/// The right to have one connection open. Gone with its socket.
pub(crate) struct Permit {
    permit: Option<OwnedSemaphorePermit>,
    budget: Budget,
}

impl Budget {
    /// A budget whose use and limit are shown by two gauges.
    pub(crate) fn of(limit: usize, shown_out: IntGauge, shown_limit: IntGauge) -> Self {
        show(&shown_limit, limit);
        Self(Arc::new(Inner {
            permits: Arc::new(Semaphore::new(limit)),
            waiting: AtomicUsize::new(0),
            owed: AtomicUsize::new(0),
            terms: Mutex::new(Terms { limit, out: 0 }),
            shown_out,
            shown_limit,
        }))
    }

    /// A permit, if one is free.
    pub(crate) fn try_take(&self) -> Option<Permit> {
        let permit = self.0.permits.clone().try_acquire_owned().ok()?;
        Some(self.given(permit))
    }

    /// A permit, whenever it comes free. Who came first is served first.
    pub(crate) async fn take(&self) -> Permit {
        let _waiting = Waiting::new(&self.0.waiting);
        let permit = self.0.permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        self.given(permit)
    }

    /// How many wait for a permit.
    pub(crate) fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Acquire)
    }

    /// How many permits there are.
    pub(crate) fn limit(&self) -> usize {
        self.terms().limit
    }

    /// How many permits are out.
    pub(crate) fn out(&self) -> usize {
        self.terms().out
    }

    /// How many permits must come back before the limit holds.
    pub(crate) fn owed(&self) -> usize {
        self.0.owed.load(Ordering::Acquire)
    }

    /// Changes the limit. What is out over it is withdrawn as it comes back.
    pub(crate) fn set_limit(&self, limit: usize) {
        let mut terms = self.terms();
        if limit > terms.limit {
            let more = limit - terms.limit;
            let forgiven = more.min(self.owed());
            self.0.owed.fetch_sub(forgiven, Ordering::AcqRel);
            self.0.permits.add_permits(more - forgiven);
        } else {
            let fewer = terms.limit - limit;
            self.0.owed.fetch_add(fewer - self.0.permits.forget_permits(fewer), Ordering::AcqRel);
        }
        terms.limit = limit;
        show(&self.0.shown_limit, limit);
    }

    fn given(&self, permit: OwnedSemaphorePermit) -> Permit {
        self.terms().out += 1;
        self.0.shown_out.inc();
        Permit { permit: Some(permit), budget: self.clone() }
    }

    fn terms(&self) -> MutexGuard<'_, Terms> {
        self.0.terms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut terms = self.budget.terms();
        terms.out -= 1;
        self.budget.0.shown_out.dec();
        if self.budget.owed() > 0
            && let Some(permit) = self.permit.take()
        {
            self.budget.0.owed.fetch_sub(1, Ordering::AcqRel);
            permit.forget();
        }
    }
}

fn show(gauge: &IntGauge, value: usize) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}

/// Counts somebody as waiting for as long as it lives, also if the wait is given up.
pub(super) struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    pub(super) fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
