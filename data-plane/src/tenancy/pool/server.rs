//! One Postgres server as this process uses it: the budget, and the pools that share it.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::ClusterId;
use tokio::sync::Notify;

use super::TenantPool;
use super::ahead::Ahead;
use super::backend::Backend;
use super::budget::{Budget, Permit};
use super::demand::Demand;
use super::fuse::{Chance, Fuse};
use super::metrics::PoolMetrics;
use super::opener::OpenError;

/// Of so many permits one is kept free for a tenant nobody has asked for lately, and no more than so many in all.
const FREE_ONE_IN: usize = 16;
const FREE_AT_MOST: usize = 2;
/// No connection is closed to keep one free whose tenant was asked for more often lately than sixteen times for each it has, in hundredths.
const SELDOM: u64 = 1_600;

/// How long things may take and how many may wait.
#[derive(Clone, Copy, Debug)]
pub struct PoolLimits {
    /// For a place in the pool and in the budget, before the answer is 503.
    pub wait: Duration,
    /// For opening a connection then.
    pub connect: Duration,
    /// After this a connection nobody used is closed.
    pub idle: Duration,
    /// Requests of one tenant that may wait at once.
    pub waiters: usize,
    /// Connections per server where no control plane grants shares.
    pub budget: usize,
    /// What Postgres allows one statement.
    pub statement: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(5),
            connect: Duration::from_secs(3),
            idle: Duration::from_secs(60),
            waiters: 512,
            budget: 40,
            statement: Duration::from_secs(15),
        }
    }
}

/// A server, its budget, and who has connections to it.
pub(super) struct Server {
    pub(super) name: String,
    pub(super) budget: Budget,
    /// Blows when the whole server cannot be reached.
    pub(super) fuse: Arc<Fuse>,
    pub(super) chance: Chance,
    pub(super) limits: PoolLimits,
    pub(super) metrics: PoolMetrics,
    pools: Mutex<Vec<Arc<TenantPool>>>,
    ahead: Mutex<Vec<Ahead>>,
    demand: Mutex<Demand>,
}

impl Server {
    pub(super) fn new(id: &ClusterId, limits: PoolLimits, metrics: PoolMetrics, chance: Chance) -> Self {
        let (out, limit) = (&metrics.connections, &metrics.budget);
        let budget = Budget::of(limits.budget, out.with_label_values(&[&id.0]), limit.with_label_values(&[&id.0]));
        let fuse = Fuse::of_server(chance.clone(), metrics.servers_away.clone());
        let (pools, ahead, demand) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { name: id.0.clone(), budget, fuse, chance, limits, metrics, pools, ahead, demand }
    }

    pub(super) fn enter(&self, pool: Arc<TenantPool>) {
        self.pools().push(pool);
    }

    pub(super) fn leave(&self, pool: &TenantPool) {
        self.pools().retain(|known| !std::ptr::eq(&**known, pool));
    }

    pub(super) fn open_pools(&self) -> Vec<Arc<TenantPool>> {
        self.pools().clone()
    }

    /// The right to open one more connection: by closing somebody's idle one, or when one is closed.
    pub(super) async fn admit(&self, tenant: TenantId, came_free: &Notify) -> Result<Permit, OpenError> {
        let standing = match self.budget.ask(Some(tenant)) {
            Ok(permit) => return Ok(permit),
            Err(standing) => standing,
        };
        // What others have closed may be enough for everybody who waits.
        if self.budget.short() > 0 {
            self.evict(Some(tenant));
        }
        tokio::select! {
            permit = standing.served() => Ok(permit),
            () = came_free.notified() => Err(OpenError::CameFree),
        }
    }

    /// The connection of this role that was opened before its tenant came.
    pub(super) fn take_ahead(&self, role: &str) -> Option<Backend> {
        let mut ahead = self.ahead();
        let place = ahead.iter().position(|ahead| ahead.role == role)?;
        Some(ahead.swap_remove(place).backend)
    }

    /// Keeps a little of the budget free at the cost of those who are seldom asked for: whoever comes next opens a connection at once, instead
    /// of when somebody else's is closed.
    pub(super) fn make_room(&self) {
        let wanted = (self.budget.limit() / FREE_ONE_IN).min(FREE_AT_MOST);
        while self.budget.spare() < wanted && self.budget.waiting() == 0 && self.evict_idle(None, SELDOM) {}
    }

    /// Closes a connection nobody has asked for yet, or the least useful idle one of anybody but `but`.
    pub(super) fn evict(&self, but: Option<TenantId>) -> bool {
        self.ahead().pop().is_some() || self.evict_idle(but, u64::MAX)
    }

    /// Closes the least useful idle connection of anybody but `but`, if it is worth no more than this.
    fn evict_idle(&self, but: Option<TenantId>, worth: u64) -> bool {
        let spare = self.spare(but);
        let evicted = spare.iter().take_while(|(of, _)| *of <= worth).any(|(_, pool)| pool.close_one());
        if evicted {
            self.metrics.evictions.inc();
        }
        evicted
    }

    /// The pools of anybody but `but` that can spare a connection, those first whose connections are asked for least.
    fn spare(&self, but: Option<TenantId>) -> Vec<(u64, Arc<TenantPool>)> {
        let (pools, demand) = (self.pools(), self.demand());
        let others = pools.iter().filter(|pool| Some(pool.tenant) != but);
        let mut spare: Vec<_> = others.filter_map(|pool| Some((pool.spare_worth(&demand)?, pool.clone()))).collect();
        drop((pools, demand));
        spare.sort_unstable_by_key(|(worth, _)| *worth);
        spare
    }

    /// How often the tenants that have a pool were asked for lately.
    pub(super) fn by_demand(&self) -> Vec<(u64, TenantId)> {
        let pools = self.open_pools();
        let demand = self.demand();
        pools.iter().map(|pool| (pool.demand(&demand), pool.tenant)).collect()
    }

    /// A tenant was asked for so many times since this was said last.
    pub(super) fn count(&self, tenant: TenantId, loans: u32) {
        self.demand().add(tenant, loans);
    }

    /// Changes the budget; what is open over it is closed as soon as it is idle.
    pub(super) fn limit_to(&self, limit: usize) {
        self.budget.set_limit(limit);
        for _ in 0..self.budget.short() {
            if !self.evict(None) {
                break;
            }
        }
    }

    /// Lets every pool close what it does not need.
    pub(super) fn tidy(&self) {
        for pool in self.open_pools() {
            pool.tidy();
        }
    }

    /// The connections a tenant may keep while others wait.
    pub(super) fn fair_share(&self) -> usize {
        (self.budget.limit() / self.pools().len().max(1)).max(1)
    }

    pub(super) fn ahead(&self) -> MutexGuard<'_, Vec<Ahead>> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn demand(&self) -> MutexGuard<'_, Demand> {
        self.demand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pools(&self) -> MutexGuard<'_, Vec<Arc<TenantPool>>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
