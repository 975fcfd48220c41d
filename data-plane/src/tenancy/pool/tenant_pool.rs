//! One tenant's pool.
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Instant;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::Route;
use hotelhub_web::{AppError, Kind};
use tokio::sync::{Notify, oneshot};
use tokio_postgres::Config;

use super::PoolSlot;
use super::backend::{Backend, OpenError, Opener};
use super::budget::Waiting;
use super::server::Server;
use super::shelf::{Next, Place, Shelf};
use crate::tenancy::Session;
use crate::tenancy::error::away;

/// A pool, and how much it is used.
pub(in crate::tenancy) struct TenantPool {
    pub(super) tenant: TenantId,
    opener: Opener,
    shelf: Mutex<Shelf>,
    server: Arc<Server>,
    came_free: Arc<Notify>,
    waiting: AtomicUsize,
    /// Loans, halved from time to time: how useful it is to keep a connection.
    loans: AtomicU64,
    slot: OnceLock<Weak<PoolSlot>>,
}

/// A place in the pool, with its connection once there is one. When it ends the connection goes back if it is sound and is closed if not,
/// and the place goes to whoever is next.
pub(in crate::tenancy) struct Lent {
    backend: Option<Box<Backend>>,
    pool: Arc<TenantPool>,
}

/// What somebody holds who has asked.
enum Held {
    Place(Lent),
    /// The place is sent once it is his turn.
    Turn(oneshot::Receiver<Lent>),
}

impl TenantPool {
    /// A pool without connections, known to its server.
    pub(super) fn enter(server: Arc<Server>, route: &Route, config: Config) -> Arc<Self> {
        let came_free = Arc::new(Notify::new());
        let opener = Opener { tenant: route.tenant, config, server: server.clone(), came_free: came_free.clone() };
        let shelf = Mutex::new(Shelf::new(usize::from(route.limits.connections.max(1))));
        let (waiting, loans, slot) = (AtomicUsize::new(0), AtomicU64::new(0), OnceLock::new());
        let this = Self { tenant: route.tenant, opener, shelf, server, came_free, waiting, loans, slot };
        let this = Arc::new(this);
        this.server.enter(this.clone());
        this
    }

    pub(super) fn live_in(&self, slot: &Arc<PoolSlot>) {
        self.slot.set(Arc::downgrade(slot)).ok();
    }

    /// A clean connection, or a refusal when none comes free in time.
    pub(super) async fn lend(self: Arc<Self>) -> Result<Lent, AppError> {
        self.loans.fetch_add(1, Ordering::Relaxed);
        match self.take() {
            Place::Ready(backend) => Ok(Lent { backend: Some(backend), pool: self }),
            // Mostly one lies ready: only who has to wait is counted and timed.
            place => Box::pin(self.in_time(place)).await,
        }
    }

    fn take(&self) -> Place {
        self.shelf().take(&self.server.metrics.dirty)
    }

    fn hold(self: &Arc<Self>, place: Place) -> Result<Held, AppError> {
        let with = |backend| Held::Place(Lent { backend, pool: self.clone() });
        match place {
            Place::Ready(backend) => Ok(with(Some(backend))),
            Place::Empty => Ok(with(None)),
            Place::Later(turn) => Ok(Held::Turn(turn)),
            Place::Closed => Err(away().because("the pool is closed")),
        }
    }

    async fn in_time(self: &Arc<Self>, place: Place) -> Result<Lent, AppError> {
        let held = self.hold(place)?;
        let Server { limits, metrics, .. } = &*self.server;
        let waiting = Waiting::new(&self.waiting);
        if self.waiting.load(Ordering::Acquire) > limits.waiters {
            metrics.refusals.inc();
            return Err(full());
        }
        let asked = Instant::now();
        let lent = tokio::time::timeout(limits.wait, self.connected(held)).await;
        drop(waiting);
        metrics.waits.observe(asked.elapsed().as_secs_f64());
        lent.unwrap_or_else(|_| {
            metrics.refusals.inc();
            Err(full())
        })
    }

    /// Waits for a place, and opens a connection where none is on it.
    async fn connected(self: &Arc<Self>, mut held: Held) -> Result<Lent, AppError> {
        loop {
            let mut lent = match held {
                Held::Place(lent) => lent,
                Held::Turn(turn) => turn.await.map_err(|_| away().because("the pool was closed"))?,
            };
            let came_along = lent.backend.take().and_then(|backend| backend.clean(&self.server.metrics.dirty));
            let backend = match came_along {
                Some(backend) => Ok(backend),
                None => self.opener.opened().await.map(Box::new),
            };
            match backend {
                // Whoever asked before the placement was over is served at the present one, not at the old.
                Ok(_) if self.shelf().is_closed() => return Err(away().because("the pool was closed meanwhile")),
                Ok(backend) => {
                    lent.backend = Some(backend);
                    return Ok(lent);
                }
                Err(OpenError::CameFree) => {
                    drop(lent);
                    held = self.hold(self.take())?;
                }
                Err(error) => return Err(away().because(error)),
            }
        }
    }

    /// Whether an idle connection may be closed without anybody here missing it at once.
    pub(super) fn can_spare(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0 && self.shelf().ready() > 0
    }

    pub(super) fn usefulness(&self) -> u64 {
        self.loans.load(Ordering::Relaxed)
    }

    /// Connections on loan.
    pub(super) fn lent_out(&self) -> usize {
        self.shelf().taken()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shelf().open() == 0
    }

    /// Closes the idle connection that was used longest ago.
    pub(super) fn close_one(&self) -> bool {
        self.shelf().close_one()
    }

    pub(super) fn resize(self: &Arc<Self>, connections: u16) {
        self.shelf().resize(usize::from(connections.max(1)));
        while let Some(turn) = self.next_in_queue() {
            self.pass_on(turn, None);
        }
    }

    pub(super) fn close(&self) {
        self.shelf().close();
        self.server.leave(self);
    }

    /// Closes what was idle too long or is not clean, and lets go of a pool that holds nothing.
    pub(super) fn tidy(self: &Arc<Self>) {
        self.shelf().tidy();
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
        budget.waiting() > 0 && asked_here > 0 && self.shelf().open() > self.server.fair_share()
    }

    /// The connection of a place that ends, if it may stay.
    fn kept(&self, backend: Box<Backend>) -> Option<Box<Backend>> {
        if !backend.is_sound() {
            self.server.metrics.dirty.inc();
            return None;
        }
        if self.should_yield() {
            return None;
        }
        backend.rest();
        Some(backend)
    }

    fn take_back(self: &Arc<Self>, backend: Option<Box<Backend>>) {
        let kept = backend.and_then(|backend| self.kept(backend));
        let next = self.shelf().give_back(kept);
        match next {
            Next::Turn(turn, backend) => self.pass_on(turn, backend),
            Next::Ready if self.server.budget.waiting() > 0 => {
                self.came_free.notify_one();
                self.server.evict(None);
            }
            Next::Ready | Next::Gone => {}
        }
    }

    /// Sends a place to whose turn it is. Who gives up in this very moment gives it back.
    fn pass_on(self: &Arc<Self>, turn: oneshot::Sender<Lent>, backend: Option<Box<Backend>>) {
        drop(turn.send(Lent { backend, pool: self.clone() }));
    }

    fn next_in_queue(&self) -> Option<oneshot::Sender<Lent>> {
        self.shelf().take_for_next()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent {
    pub(in crate::tenancy) fn session(&self) -> &Session {
        self.backend.as_ref().map(|backend| backend.session()).expect("it is lent until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.pool.take_back(self.backend.take());
    }
}

/// Nobody gave a connection back in time.
fn full() -> AppError {
    AppError::new(Kind::Unavailable, "busy", "Too many people ask at once. Please try again in a moment.")
        .retry_after(1)
}
