//! Who lives where: the whole routing table as this node holds it, read without a lock.
mod hosts;
mod shards;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Change, Cluster, ClusterId, Deltas, Route, Snapshot};

use self::hosts::Hosts;
use self::shards::Shards;
use super::Guard;
use super::pool::PoolSlot;

/// One tenant as this node knows it.
pub struct TenantEntry {
    /// What the control plane says of it.
    pub route: Route,
    /// Where its connections are, once somebody has asked for one. Shared by all entries of one placement.
    pub(super) pool: Arc<PoolSlot>,
}

impl TenantEntry {
    /// Whether both are of one placement.
    pub(super) fn shares_pool_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.pool, &other.pool)
    }
}

/// What became of changes that were to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The table has them now; what it had before was passed over.
    Done,
    /// They do not fit: a change between the table's version and theirs is missing. Take the snapshot.
    Gap,
}

/// The routing table. Clones are the same table.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    hosts: Hosts<Arc<TenantEntry>>,
    tenants: Shards<TenantId, Arc<TenantEntry>>,
    clusters: ArcSwap<HashMap<ClusterId, Cluster>>,
    version: AtomicU64,
    /// Whether a snapshot was ever applied: version 0 of an empty house is one too.
    filled: AtomicBool,
    /// The turn of the writers. Nobody who only reads waits for it: a pool that is being opened asks where its server listens, and a writer
    /// waits for that pool.
    turn: Mutex<()>,
}

impl Default for Directory {
    fn default() -> Self {
        Self(Arc::new(Inner {
            hosts: Hosts::new(),
            tenants: Shards::new(),
            clusters: ArcSwap::default(),
            version: AtomicU64::new(0),
            filled: AtomicBool::new(false),
            turn: Mutex::default(),
        }))
    }
}

impl Directory {
    /// Shows the tenant at a host, which is in lower case and without port: one hash, no lock, no allocation.
    #[inline]
    pub fn find<T>(&self, host: &str, show: impl FnOnce(&Arc<TenantEntry>) -> T) -> Option<T> {
        self.0.hosts.find(host, show)
    }

    /// The tenant at a host, to keep.
    pub fn by_host(&self, host: &str) -> Option<Arc<TenantEntry>> {
        self.0.hosts.find(host, Arc::clone)
    }

    /// The tenant of an id.
    pub fn by_id(&self, tenant: TenantId) -> Option<Arc<TenantEntry>> {
        self.0.tenants.get(&tenant)
    }

    /// Every tenant, in no order.
    pub fn all(&self) -> Vec<Arc<TenantEntry>> {
        self.0.tenants.values()
    }

    /// How many tenants there are.
    pub fn count(&self) -> usize {
        self.0.tenants.count()
    }

    /// The version of the table.
    pub fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    /// Whether a table was ever learnt.
    pub fn is_filled(&self) -> bool {
        self.0.filled.load(Ordering::Acquire)
    }

    /// A server by its name.
    pub fn cluster(&self, cluster: &ClusterId) -> Option<Cluster> {
        self.0.clusters.load().get(cluster).cloned()
    }

    /// Every server.
    pub fn clusters(&self) -> Vec<Cluster> {
        self.0.clusters.load().values().cloned().collect()
    }

    /// Takes on a whole table. One that is older than what is held, or the same again, is passed over.
    pub fn apply_snapshot(&self, snapshot: Snapshot) {
        let _turn = self.turn();
        if self.is_filled() && snapshot.version <= self.version() {
            return;
        }
        let before = self.0.tenants.values();
        let moved = self.take_clusters(snapshot.clusters);
        let entries: Vec<_> = snapshot.routes.into_iter().map(|route| Arc::new(self.entry(route, &moved))).collect();
        self.0.tenants.replace(entries.iter().map(|entry| (Arc::new(entry.route.tenant), entry.clone())));
        let hosts = entries.iter().flat_map(|entry| entry.route.hosts.iter().map(move |host| (host.as_str(), entry)));
        // Were a host in two routes, the later one would have it, as with deltas.
        let hosts: HashMap<&str, &Arc<TenantEntry>> = hosts.collect();
        self.0.hosts.replace(hosts.into_iter().map(|(host, entry)| (host, entry.clone())));
        self.0.filled.store(true, Ordering::Release);
        self.0.version.store(snapshot.version, Ordering::Release);
        for old in before {
            self.close_if_left(&old);
        }
    }

    /// Takes on changes in their order; those it has are passed over.
    pub fn apply_deltas(&self, deltas: Deltas) -> Applied {
        let _turn = self.turn();
        for delta in deltas.deltas {
            let version = self.version();
            if delta.version <= version && self.is_filled() {
                continue;
            }
            if delta.version != version + 1 || !self.is_filled() {
                return Applied::Gap;
            }
            match delta.change {
                Change::Route(route) => self.put(*route),
                Change::Gone { tenant } => self.remove(tenant),
                Change::Cluster(cluster) => self.move_cluster(cluster),
            }
            self.0.version.store(delta.version, Ordering::Release);
        }
        Applied::Done
    }

    fn put(&self, route: Route) {
        let before = self.by_id(route.tenant);
        let entry = Arc::new(self.entry(route, &[]));
        self.0.tenants.put(Arc::new(entry.route.tenant), entry.clone());
        for host in &entry.route.hosts {
            self.0.hosts.put(host.as_str(), entry.clone());
        }
        if let Some(before) = before {
            for host in before.route.hosts.iter().filter(|host| !entry.route.hosts.contains(host)) {
                self.0.hosts.remove(host.as_str(), |known| known.route.tenant == before.route.tenant);
            }
            self.close_if_left(&before);
        }
    }

    fn remove(&self, tenant: TenantId) {
        let Some(before) = self.by_id(tenant) else { return };
        self.0.tenants.remove(&tenant, |_| true);
        for host in &before.route.hosts {
            self.0.hosts.remove(host.as_str(), |known| known.route.tenant == tenant);
        }
        self.close_if_left(&before);
    }

    fn move_cluster(&self, cluster: Cluster) {
        let moved = self.take_clusters([cluster]);
        if !moved.is_empty() {
            let lies_there = |entry: &Arc<TenantEntry>| moved.contains(&entry.route.placement.cluster);
            for old in self.0.tenants.values().into_iter().filter(lies_there) {
                let entry = Arc::new(self.entry(old.route.clone(), &moved));
                self.0.tenants.put(Arc::new(entry.route.tenant), entry.clone());
                for host in &entry.route.hosts {
                    self.0.hosts.put(host.as_str(), entry.clone());
                }
                self.close_if_left(&old);
            }
        }
    }

    /// A new entry, with the pool of the one before unless its data or its server has moved.
    fn entry(&self, route: Route, moved: &[ClusterId]) -> TenantEntry {
        let before = self.by_id(route.tenant);
        let stays = |before: &Arc<TenantEntry>| {
            before.route.placement == route.placement && !moved.contains(&route.placement.cluster)
        };
        let pool = before.filter(stays).map_or_else(Arc::default, |before| before.pool.clone());
        pool.resize(route.limits.connections);
        TenantEntry { route, pool }
    }

    /// Closes the pool of an entry when the tenant's present entry has another, or there is none.
    fn close_if_left(&self, old: &TenantEntry) {
        let kept = self.by_id(old.route.tenant).is_some_and(|now| Arc::ptr_eq(&now.pool, &old.pool));
        if !kept && Guard::ClosedPool.stands() {
            old.pool.close();
        }
    }

    /// Notes the servers and says which of them listened elsewhere before.
    fn take_clusters(&self, clusters: impl IntoIterator<Item = Cluster>) -> Vec<ClusterId> {
        let mut known = HashMap::clone(&self.0.clusters.load());
        let mut moved = Vec::new();
        for cluster in clusters {
            let id = cluster.id.clone();
            if known.get(&id).is_some_and(|before| (&before.host, before.port) != (&cluster.host, cluster.port)) {
                moved.push(id.clone());
            }
            known.insert(id, cluster);
        }
        self.0.clusters.store(Arc::new(known));
        moved
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.0.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
