//! One tenant's pool.
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::task::Poll;
use std::time::Instant;

use deadpool::Runtime;
use deadpool::managed::{Object, Pool, PoolConfig, PoolError, QueueMode};
use futures_util::poll;
use hotelhub_kernel::TenantId;
use hotelhub_protocol::Route;
use hotelhub_web::{AppError, Kind};
use tokio::sync::Notify;
use tokio_postgres::Config;

use super::PoolSlot;
use super::backend::{OpenError, Opener};
use super::budget::Waiting;
use super::server::Server;
use crate::tenancy::Session;
use crate::tenancy::error::away;

/// A pool, and how much it is used.
pub(in crate::tenancy) struct TenantPool {
    pub(super) tenant: TenantId,
    pool: Pool<Opener>,
    server: Arc<Server>,
    came_free: Arc<Notify>,
    waiting: AtomicUsize,
    /// Loans, halved from time to time: how useful it is to keep a connection.
    loans: AtomicU64,
    slot: OnceLock<Weak<PoolSlot>>,
}

/// A connection on loan. It goes back if it is sound, and is closed if not.
pub(in crate::tenancy) struct Lent {
    backend: Option<Object<Opener>>,
    pool: Arc<TenantPool>,
}

impl TenantPool {
    /// A pool without connections, known to its server.
    pub(super) fn enter(server: Arc<Server>, route: &Route, config: Config) -> Arc<Self> {
        let came_free = Arc::new(Notify::new());
        let opener = Opener { tenant: route.tenant, config, server: server.clone(), came_free: came_free.clone() };
        let mut sizes = PoolConfig::new(usize::from(route.limits.connections.max(1)));
        sizes.queue_mode = QueueMode::Lifo;
        let pool = Pool::builder(opener).config(sizes).runtime(Runtime::Tokio1).build();
        let pool = pool.expect("a pool without time limits of its own needs no runtime");
        let (waiting, loans, slot) = (AtomicUsize::new(0), AtomicU64::new(0), OnceLock::new());
        let this =
            Arc::new(Self { tenant: route.tenant, pool, server: server.clone(), came_free, waiting, loans, slot });
        server.enter(this.clone());
        this
    }

    pub(super) fn live_in(&self, slot: &Arc<PoolSlot>) {
        self.slot.set(Arc::downgrade(slot)).ok();
    }

    /// A clean connection, or a refusal when none comes free in time.
    pub(super) async fn lend(self: Arc<Self>) -> Result<Lent, AppError> {
        self.loans.fetch_add(1, Ordering::Relaxed);
        let backend = {
            let mut asking = pin!(self.backend());
            // Mostly one lies ready: only who has to wait is counted and timed.
            match poll!(asking.as_mut()) {
                Poll::Ready(backend) => backend,
                Poll::Pending => Box::pin(self.in_time(asking)).await,
            }
        }?;
        Ok(Lent { backend: Some(backend), pool: self })
    }

    async fn in_time(
        &self,
        asking: impl Future<Output = Result<Object<Opener>, AppError>>,
    ) -> Result<Object<Opener>, AppError> {
        let Server { limits, metrics, .. } = &*self.server;
        let waiting = Waiting::new(&self.waiting);
        if self.waiting.load(Ordering::Acquire) > limits.waiters {
            metrics.refusals.inc();
            return Err(full());
        }
        let asked = Instant::now();
        let backend = tokio::time::timeout(limits.wait, asking).await;
        drop(waiting);
        metrics.waits.observe(asked.elapsed().as_secs_f64());
        backend.unwrap_or_else(|_| {
            metrics.refusals.inc();
            Err(full())
        })
    }

    async fn backend(&self) -> Result<Object<Opener>, AppError> {
        loop {
            match self.pool.get().await {
                Ok(backend) => return Ok(backend),
                Err(PoolError::Backend(OpenError::CameFree)) => {}
                Err(PoolError::Backend(error)) => return Err(away().because(error)),
                Err(error) => return Err(away().because(error.to_string())),
            }
        }
    }

    /// Whether an idle connection may be closed without anybody here missing it at once.
    pub(super) fn can_spare(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0 && self.pool.status().available > 0
    }

    pub(super) fn usefulness(&self) -> u64 {
        self.loans.load(Ordering::Relaxed)
    }

    /// Connections on loan.
    pub(super) fn lent_out(&self) -> usize {
        let status = self.pool.status();
        status.size.saturating_sub(status.available)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pool.status().size == 0
    }

    /// Closes the idle connection that was used longest ago.
    pub(super) fn close_one(&self) -> bool {
        let mut found = false;
        self.pool.retain(|_, _| std::mem::replace(&mut found, true));
        found
    }

    pub(super) fn resize(&self, connections: u16) {
        self.pool.resize(usize::from(connections.max(1)));
    }

    pub(super) fn close(&self) {
        self.pool.close();
        self.server.leave(self);
    }

    /// Closes what was idle too long or is not clean, and lets go of a pool that holds nothing.
    pub(super) fn tidy(self: &Arc<Self>) {
        let idle = self.server.limits.idle;
        self.pool.retain(|backend, metrics| metrics.last_used() < idle && backend.is_clean());
        self.loans.store(self.loans.load(Ordering::Relaxed) / 2, Ordering::Relaxed);
        if self.is_empty()
            && let Some(slot) = self.slot.get().and_then(Weak::upgrade)
        {
            slot.forget_unused(self);
        }
    }

    /// Whether a connection that comes back should rather be closed, because others wait and this tenant has its share.
    fn should_yield(&self) -> bool {
        let budget = &self.server.budget;
        if budget.owed() > 0 {
            return true;
        }
        let asked_here = self.waiting.load(Ordering::Acquire);
        budget.waiting() > 0 && asked_here > 0 && self.pool.status().size > self.server.fair_share()
    }

    fn take_back(&self, backend: Object<Opener>) {
        if !backend.is_sound() {
            self.server.metrics.dirty.inc();
            drop(Object::take(backend));
        } else if self.should_yield() {
            drop(Object::take(backend));
        } else {
            backend.rest();
            drop(backend);
            if self.server.budget.waiting() > 0 {
                self.came_free.notify_one();
                self.server.evict(None);
            }
        }
    }
}

impl Lent {
    pub(in crate::tenancy) fn session(&self) -> &Session {
        self.backend.as_ref().map(|backend| backend.session()).expect("it is lent until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(backend) = self.backend.take() {
            self.pool.take_back(backend);
        }
    }
}

/// Nobody gave a connection back in time.
fn full() -> AppError {
    AppError::new(Kind::Unavailable, "busy", "Too many people ask at once. Please try again in a moment.")
        .retry_after(1)
}
