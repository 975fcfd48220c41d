//! What is measured of the pools: never by tenant.
use hotelhub_web::metrics::Metrics;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, IntGaugeVec, Opts};

/// Counters of all pools of a process. Clones are the same counters.
#[derive(Clone)]
pub struct PoolMetrics {
    /// Connections open now, and the budget, by server.
    pub(super) connections: IntGaugeVec,
    pub(super) budget: IntGaugeVec,
    pub(super) opens: IntCounter,
    pub(super) evictions: IntCounter,
    pub(super) dirty: IntCounter,
    pub(super) strangers: IntCounter,
    pub(super) refusals: IntCounter,
    /// Fuses that are blown now.
    pub(super) servers_away: IntGauge,
    pub(super) databases_away: IntGauge,
    pub(super) waits: Histogram,
}

impl PoolMetrics {
    /// Fresh counters, shown with all others.
    pub fn register(all: &Metrics) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| IntCounter::with_opts(Opts::new(name, help));
        let gauge = |name: &str, help: &str| IntGauge::with_opts(Opts::new(name, help));
        let by_server = |name: &str, help: &str| IntGaugeVec::new(Opts::new(name, help), &["cluster"]);
        let waits = HistogramOpts::new(
            "hotelhub_pool_waits_seconds",
            "Time waited for a connection by those who found none ready.",
        )
        .buckets(vec![0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0]);
        let metrics = Self {
            connections: by_server("hotelhub_pool_connections", "Connections open to tenants' databases.")?,
            budget: by_server("hotelhub_pool_budget", "Connections this process may have open.")?,
            opens: counter("hotelhub_pool_opens_total", "Connections opened.")?,
            evictions: counter(
                "hotelhub_pool_evictions_total",
                "Idle connections closed to make room for another tenant.",
            )?,
            dirty: counter("hotelhub_pool_dirty_total", "Connections closed because they were not clean.")?,
            strangers: counter(
                "hotelhub_pool_strangers_total",
                "Connections closed because the database was not the tenant's.",
            )?,
            refusals: counter("hotelhub_pool_refusals_total", "Requests that got no connection in time.")?,
            servers_away: gauge(
                "hotelhub_pool_servers_away",
                "Servers that are not asked because nobody reached them.",
            )?,
            databases_away: gauge(
                "hotelhub_pool_databases_away",
                "Databases that are not asked because nobody could open them.",
            )?,
            waits: Histogram::with_opts(waits)?,
        };
        all.register(metrics.connections.clone())?;
        all.register(metrics.budget.clone())?;
        for counter in [&metrics.opens, &metrics.evictions, &metrics.dirty, &metrics.strangers, &metrics.refusals] {
            all.register(counter.clone())?;
        }
        for gauge in [&metrics.servers_away, &metrics.databases_away] {
            all.register(gauge.clone())?;
        }
        all.register(metrics.waits.clone())?;
        Ok(metrics)
    }
}
