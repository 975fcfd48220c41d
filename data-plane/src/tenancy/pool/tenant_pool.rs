//! One tenant's pool.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::Route;
use hotelhub_web::{AppError, Kind};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout_at};

use super::PoolSlot;
use super::backend::Backend;
use super::budget::Waiting;
use super::demand::Demand;
use super::fuse::Fuse;
use super::opener::{OpenError, Opener};
use super::server::Server;
use super::shelf::{Next, Place, Shelf};
use super::ways::Ways;
use crate::tenancy::Session;
use crate::tenancy::error::away;

/// For so long at least a tenant keeps its part of a budget that others wait for: opening a connection anew costs a third of it.
const TURN: Duration = Duration::from_millis(25);

/// A pool, and how much it is used.
pub(in crate::tenancy) struct TenantPool {
    pub(super) tenant: TenantId,
    opener: Opener,
    shelf: Mutex<Shelf>,
    server: Arc<Server>,
    came_free: Arc<Notify>,
    waiting: AtomicUsize,
    slot: OnceLock<Weak<PoolSlot>>,
}

/// A place in the pool, with its connection once there is one. When it ends the connection goes back if it is sound and is closed if not,
/// and the place goes to whoever is next.
pub(in crate::tenancy) struct Lent {
    backend: Option<Box<Backend>>,
    pool: Arc<TenantPool>,
}

/// Somebody's hope for a connection, which keeps those that lie ready here from being closed for others. Given up, it gives them up.
struct Hope<'a> {
    server: &'a Server,
    /// None once it is fulfilled.
    waiting: Option<Waiting<'a>>,
}

/// What somebody holds who has asked.
enum Held {
    Place(Lent),
    /// The place is sent once it is his turn.
    Turn(oneshot::Receiver<Lent>),
}

impl TenantPool {
    /// A pool without connections, known to its server.
    pub(super) fn enter(server: Arc<Server>, route: &Route, ways: Ways) -> Arc<Self> {
        let came_free = Arc::new(Notify::new());
        let fuse = Fuse::of_database(server.chance.clone(), server.metrics.databases_away.clone());
        let (tenant, came, in_line) = (route.tenant, came_free.clone(), AtomicUsize::new(0));
        let opener = Opener { tenant, ways, server: server.clone(), came_free: came, fuse, waiting: in_line };
        let shelf = Mutex::new(Shelf::new(usize::from(route.limits.connections.max(1))));
        let (waiting, slot) = (AtomicUsize::new(0), OnceLock::new());
        let this = Arc::new(Self { tenant, opener, shelf, server, came_free, waiting, slot });
        this.server.enter(this.clone());
        this
    }

    pub(super) fn live_in(&self, slot: &Arc<PoolSlot>) {
        self.slot.set(Arc::downgrade(slot)).ok();
    }

    /// A clean connection, or a refusal when none comes free in time.
    pub(super) async fn lend(self: Arc<Self>) -> Result<Lent, AppError> {
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
            return Err(self.full());
        }
        let mut hope = Hope { server: &self.server, waiting: Some(waiting) };
        let asked = Instant::now();
        let lent = self.connected(held, asked + limits.wait).await;
        if lent.is_ok() {
            drop(hope.waiting.take());
        }
        metrics.waits.observe(asked.elapsed().as_secs_f64());
        lent
    }

    /// Waits for a place until the deadline, and opens a connection where none is on it.
    async fn connected(self: &Arc<Self>, mut held: Held, deadline: Instant) -> Result<Lent, AppError> {
        loop {
            let mut lent = match held {
                Held::Place(lent) => lent,
                Held::Turn(turn) => {
                    let come = timeout_at(deadline, turn).await.map_err(|_| self.full())?;
                    come.map_err(|_| away().because("the pool was closed"))?
                }
            };
            let came_along = lent.backend.take().and_then(|backend| backend.clean(&self.server.metrics.dirty));
            let backend = match came_along {
                Some(backend) => Ok(backend),
                None => self.opener.opened(deadline, || self.shelf().ready() > 0).await.map(Box::new),
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
                Err(OpenError::Full) => return Err(self.full()),
                Err(OpenError::Away(wait)) => return Err(not_before(wait)),
                Err(error) => return Err(away().because(error)),
            }
        }
    }

    /// Nobody gave a connection back in time.
    fn full(&self) -> AppError {
        self.server.metrics.refusals.inc();
        AppError::new(Kind::Unavailable, "busy", "Too many people ask at once. Please try again in a moment.")
            .retry_after(1)
    }

    /// What an idle connection is worth: how often the tenant was asked for lately, for each connection it has. None where there is none, or
    /// somebody here would miss it at once.
    pub(super) fn spare_worth(&self, demand: &Demand) -> Option<u64> {
        if self.waiting.load(Ordering::Acquire) > 0 {
            return None;
        }
        let (ready, open, asked) = {
            let shelf = self.shelf();
            (shelf.ready(), shelf.open(), shelf.asked())
        };
        (ready > 0).then(|| weight(u64::from(demand.of(self.tenant)) + u64::from(asked), open))
    }

    /// How often the tenant was asked for lately.
    pub(super) fn demand(&self, demand: &Demand) -> u64 {
        u64::from(demand.of(self.tenant)) + u64::from(self.shelf().asked())
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
        let asked = {
            let mut shelf = self.shelf();
            shelf.tidy();
            shelf.count()
        };
        self.server.count(self.tenant, asked);
        if self.is_empty()
            && self.opener.fuse.is_forgettable()
            && let Some(slot) = self.slot.get().and_then(Weak::upgrade)
        {
            slot.forget_unused(self);
        }
    }

    /// Whether a connection that comes back should rather be closed, because others wait and this tenant has its share.
    fn should_yield(&self) -> bool {
        let budget = &self.server.budget;
        if budget.short() == 0 {
            return false;
        }
        if budget.owed() > 0 {
            return true;
        }
        if self.waiting.load(Ordering::Acquire) == 0 {
            return false;
        }
        let others_wait = budget.others_wait(Some(self.tenant));
        others_wait.is_some_and(|waited| waited > TURN || self.connections() > self.server.fair_share())
    }

    /// Connections that are open or being opened.
    fn connections(&self) -> usize {
        self.shelf().open().saturating_sub(self.opener.waiting())
    }

    /// The connection of a place that ends, if it may stay.
    fn kept(&self, backend: Box<Backend>) -> Option<Box<Backend>> {
        if !backend.is_sound() {
            self.server.metrics.dirty.inc();
            return None;
        }
        if self.should_yield() && backend.makes_room() {
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
            Next::Ready => self.offer(),
            Next::Gone => {}
        }
    }

    /// A connection lies ready: whoever of this tenant waits for the budget takes it, or it makes room for another's.
    fn offer(&self) {
        if self.opener.waiting() > 0 {
            self.came_free.notify_one();
        }
        if self.server.budget.short() > 0 {
            self.server.evict(None);
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

impl Drop for Hope<'_> {
    fn drop(&mut self) {
        if self.waiting.take().is_some() && self.server.budget.short() > 0 {
            self.server.evict(None);
        }
    }
}

/// What a connection of a tenant is worth that has so many, and was asked for so often.
pub(super) fn weight(asked: u64, connections: usize) -> u64 {
    let connections = u64::try_from(connections).unwrap_or(u64::MAX).max(1);
    // In hundredths, or the second connection of whoever came once were worth nothing.
    asked.saturating_mul(100) / connections
}

/// The refusal for a database that was away, and that nobody asks for so long.
fn not_before(wait: Duration) -> AppError {
    let seconds = wait.as_millis().div_ceil(1_000).max(1);
    away().retry_after(u32::try_from(seconds).unwrap_or(u32::MAX))
}
