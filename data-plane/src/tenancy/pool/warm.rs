//! Connections opened before anybody asks: after a restart, for the tenants that were asked for most before it.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::TenantStatus;

use super::Pools;
use crate::tenancy::TenantEntry;

impl Pools {
    /// The tenants with a pool, those first that were asked for most lately; no more than so many.
    pub fn asked_most(&self, most: usize) -> Vec<TenantId> {
        let servers: Vec<_> = self.servers().values().cloned().collect();
        let mut pools: Vec<_> = servers.iter().flat_map(|server| server.by_demand()).collect();
        pools.sort_unstable_by(|one, other| other.cmp(one));
        pools.into_iter().take(most).map(|(_, tenant)| tenant).collect()
    }

    /// Opens a connection to each that has none, one after the other, where nobody waits and half of the budget is free; how many have one.
    pub async fn warm_up(&self, tenants: &[TenantId]) -> usize {
        let mut warmed = 0;
        for entry in tenants.iter().filter_map(|tenant| self.0.directory.by_id(*tenant)) {
            if entry.route.status != TenantStatus::Churned && self.has_room_for(&entry) && self.warm(&entry).await {
                warmed += 1;
            }
        }
        warmed
    }

    fn has_room_for(&self, entry: &TenantEntry) -> bool {
        let budget = &self.server(&entry.route.placement.cluster).budget;
        budget.waiting() == 0 && budget.out() * 2 < budget.limit()
    }

    /// Whether it has a connection now. Somebody may have come already, or a job.
    async fn warm(&self, entry: &TenantEntry) -> bool {
        let Some(pool) = entry.pool.open(|| self.pool_of(&entry.route)) else { return false };
        if !pool.is_empty() {
            return true;
        }
        // Given back at once, it lies ready.
        let opened = pool.lend().await.map(drop);
        if let Err(refusal) = &opened {
            tracing::debug!(tenant.id = %entry.route.tenant, ?refusal, "a hotel was not warmed up");
        }
        opened.is_ok()
    }
}
