//! The tenants' connections: one small pool per tenant, opened when somebody asks, under one hard budget per Postgres server.
mod ahead;
mod backend;
mod budget;
mod demand;
mod dial;
mod fuse;
mod metrics;
mod opener;
mod rights;
mod server;
mod shelf;
mod slot;
mod tenant_pool;
#[cfg(test)]
mod tests;
mod turns;
mod warm;
mod ways;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hotelhub_kernel::{Clock, Entropy, Secret};
use hotelhub_protocol::{ClusterId, ClusterLoad, Placement, Role, Route, Share};
use tokio::time::MissedTickBehavior;
use tokio_postgres::Config;

pub(crate) use self::budget::{Budget, Permit};
pub(crate) use self::dial::{DialError, Dialled, dial, must_name_one_server, reach};
use self::fuse::Chance;
pub use self::metrics::PoolMetrics;
use self::rights::Rights;
pub use self::server::PoolLimits;
use self::server::Server;
use self::shelf::QUIET_ROUNDS;
pub(super) use self::slot::PoolSlot;
pub(super) use self::tenant_pool::Lent;
use self::tenant_pool::TenantPool;
use self::ways::Ways;
use super::{Directory, TenantEntry};
use crate::fleet::ClusterKeys;

/// How a process proves itself to the tenants' databases.
pub enum Access {
    /// By passwords derived from the keys of the servers.
    Derived(HashMap<ClusterId, ClusterKeys>),
    /// By what the one database's address says.
    Given(Box<Config>),
}

/// Every pool of this process and the budgets they count against. Clones are the same pools.
#[derive(Clone)]
pub struct Pools(Arc<Inner>);

struct Inner {
    access: Access,
    limits: PoolLimits,
    metrics: PoolMetrics,
    directory: Directory,
    roles: Vec<Role>,
    chance: Chance,
    servers: Mutex<HashMap<ClusterId, Arc<Server>>>,
    rights: Mutex<Rights>,
}

impl Pools {
    /// No pool yet. `roles` are this process's: their shares are what it may open. Where a control plane grants them, nothing is opened
    /// before one is granted or known to be reserved.
    pub fn new(
        access: Access,
        limits: PoolLimits,
        metrics: PoolMetrics,
        directory: Directory,
        roles: Vec<Role>,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        let (servers, rights, chance) = (Mutex::default(), Mutex::default(), Chance { clock, entropy });
        Self(Arc::new(Inner { access, limits, metrics, directory, roles, chance, servers, rights }))
    }

    /// A connection of this tenant. See [`super::Tenant::connect`].
    pub(super) async fn lend(&self, entry: &TenantEntry) -> Result<Lent, hotelhub_web::AppError> {
        let pool = entry.pool.open(|| self.pool_of(&entry.route));
        let pool = pool.ok_or_else(super::error::away)?;
        pool.lend().await
    }

    /// Lives by these shares from now on. A server that is not named keeps what it has.
    pub fn grant(&self, shares: &[Share]) {
        let mut rights = self.rights();
        let granted = rights.grant(self.of_mine(shares));
        self.live_by(&rights, granted);
    }

    /// Lives by at least what is reserved for this node, of all servers.
    pub fn reserve(&self, shares: &[Share]) {
        let mut rights = self.rights();
        let changed = rights.reserve(self.of_mine(shares));
        self.live_by(&rights, changed);
    }

    fn of_mine(&self, shares: &[Share]) -> Vec<Share> {
        let mine = |share: &&Share| self.0.roles.contains(&share.role) && share.role != Role::Fleet;
        shares.iter().filter(mine).cloned().collect()
    }

    fn live_by(&self, rights: &Rights, changed: BTreeSet<ClusterId>) {
        for cluster in changed {
            self.server(&cluster).limit_to(sum(&rights.of(&cluster)));
        }
    }

    /// How each server is used, for the heartbeat. The fleet role adds its templates.
    pub fn load(&self) -> Vec<ClusterLoad> {
        let rights = self.rights();
        let load = |cluster: ClusterId, open: usize, wanted: usize| {
            let mut holding = rights.of(&cluster);
            let open = u32::try_from(open).unwrap_or(u32::MAX);
            // What is open over the share is held until it is closed.
            let over = open.saturating_sub(holding.iter().map(|share| share.connections).sum());
            holding.iter_mut().take(1).for_each(|share| share.connections += over);
            let wanted = wanted_by(&holding, wanted);
            ClusterLoad {
                open,
                holding,
                wanted,
                template: None,
                old_templates: Vec::new(),
                keeps_backups: false,
                archives_wal: false,
                disk: None,
                cluster,
            }
        };
        // What was granted is held, also of a server that the routing table does not name yet, or any more.
        let named = self.0.directory.clusters().into_iter().map(|cluster| cluster.id);
        let known: BTreeSet<ClusterId> = named.chain(rights.servers().cloned()).collect();
        let load = |cluster: ClusterId| {
            let count = |server: &Arc<Server>| (server.budget.out(), server.budget.wanted());
            let (open, wanted) = self.servers().get(&cluster).map_or((0, 0), count);
            load(cluster, open, wanted)
        };
        known.into_iter().map(load).collect()
    }

    /// Connections open now, over all servers.
    pub fn open_connections(&self) -> usize {
        self.servers().values().map(|server| server.budget.out()).sum()
    }

    /// Tenants that have a pool, and their connections on loan, over all servers.
    pub fn in_use(&self) -> (usize, usize) {
        let servers: Vec<_> = self.servers().values().cloned().collect();
        let pools: Vec<_> = servers.iter().flat_map(|server| server.open_pools()).collect();
        (pools.len(), pools.iter().map(|pool| pool.lent_out()).sum())
    }

    /// Closes what is idle, for as long as the process lives.
    pub async fn keep_tidy(self) {
        let mut tick = tokio::time::interval((self.0.limits.idle / QUIET_ROUNDS).max(Duration::from_millis(50)));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let servers: Vec<_> = self.servers().values().cloned().collect();
            for server in servers {
                server.tidy();
            }
        }
    }

    fn pool_of(&self, route: &Route) -> Option<Arc<TenantPool>> {
        let server = self.server(&route.placement.cluster);
        Some(TenantPool::enter(server, route, self.ways_to(&route.placement)?))
    }

    /// How a tenant's database is entered from here, and what a session there is for all its life.
    fn ways_to(&self, placement: &Placement) -> Option<Ways> {
        let schema = placement.schema.as_deref().unwrap_or("public");
        let as_session = |way: Config| with_startup_options(way, schema, self.0.limits.statement);
        let keys = match &self.0.access {
            Access::Given(config) => return Ways::of(std::iter::once(as_session((**config).clone()))),
            Access::Derived(keys) => keys.get(&placement.cluster)?,
        };
        let cluster = self.0.directory.cluster(&placement.cluster)?;
        let way = |password: Secret<String>| {
            let mut config = Config::new();
            config.host(&cluster.host).port(cluster.port).dbname(&placement.database).user(&placement.role);
            config.password(password.expose());
            as_session(config)
        };
        Ways::of(keys.passwords(&placement.role).map(way))
    }

    fn server(&self, cluster: &ClusterId) -> Arc<Server> {
        let mut servers = self.servers();
        let budget = if matches!(self.0.access, Access::Given(_)) { self.0.limits.budget } else { 0 };
        let limits = PoolLimits { budget, ..self.0.limits };
        let fresh = || Arc::new(Server::new(cluster, limits, self.0.metrics.clone(), self.0.chance.clone()));
        servers.entry(cluster.clone()).or_insert_with(fresh).clone()
    }

    fn rights(&self) -> MutexGuard<'_, Rights> {
        self.0.rights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn servers(&self) -> MutexGuard<'_, HashMap<ClusterId, Arc<Server>>> {
        self.0.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sum(shares: &[Share]) -> usize {
    shares.iter().map(|share| usize::try_from(share.connections).unwrap_or(usize::MAX)).fold(0, usize::saturating_add)
}

/// What is wanted, by the roles that hold a share of it: what they wait for is not told apart, so it is divided as their shares are.
fn wanted_by(holding: &[Share], wanted: usize) -> Vec<Share> {
    let all = sum(holding).max(1);
    let part = |share: &Share| {
        let part = (wanted * usize::try_from(share.connections).unwrap_or(0)).div_ceil(all);
        Share { connections: u32::try_from(part).unwrap_or(u32::MAX), ..share.clone() }
    };
    holding.iter().map(part).collect()
}

/// What a session is for all its life. Nothing is ever set afterwards.
fn with_startup_options(mut config: Config, schema: &str, statement: Duration) -> Config {
    let options = [
        format!("search_path={schema}"),
        format!("statement_timeout={}", statement.as_millis()),
        "lock_timeout=5000".to_owned(),
        "idle_in_transaction_session_timeout=15000".to_owned(),
        // A backend whose client is gone notices within a second, also in the middle of a statement.
        "client_connection_check_interval=1000".to_owned(),
        // Statements here are short: compiling them costs more than it saves.
        "jit=off".to_owned(),
        // A tenant's tables lie in memory or on flash: a few rows are fetched by their index, not by a bitmap of it.
        "random_page_cost=1.1".to_owned(),
    ];
    config.options(options.map(|option| format!("-c {option}")).join(" "));
    config.application_name("hotelhub");
    config
}
