//! The fleet as numbers: stock, orders, nodes. Never by tenant.
use hotelhub_web::metrics::Metrics;
use jiff::SignedDuration;
use prometheus::{IntGauge, IntGaugeVec, Opts};

use super::nodes::SILENCE;
use super::{clusters, nodes, orders, strays};
use crate::App;
use crate::backups::{self, Copied};
use crate::database::DbError;

/// A hotel should have a whole backup that is younger.
const OVERDUE: SignedDuration = SignedDuration::from_hours(48);

/// What is shown of the fleet.
pub struct Gauges {
    ready: IntGaugeVec,
    orders: IntGaugeVec,
    oldest_order: IntGauge,
    nodes: IntGauge,
    strays: IntGaugeVec,
    backups_overdue: IntGauge,
    bases_overdue: IntGauge,
    wal_unarchived: IntGauge,
}

impl Gauges {
    /// Shown with all others, once.
    pub fn register(all: &Metrics) -> Result<Self, prometheus::Error> {
        let by = |name: &str, help: &str, label: &str| IntGaugeVec::new(Opts::new(name, help), &[label]);
        let gauges = Self {
            ready: by("hotelhub_ready_databases", "Databases ready for the next sign-ups.", "cluster")?,
            orders: by("hotelhub_work_orders", "Work orders that are not done.", "state")?,
            oldest_order: IntGauge::new(
                "hotelhub_oldest_work_order_seconds",
                "Age of the oldest work order that is queued or leased.",
            )?,
            nodes: IntGauge::new("hotelhub_nodes_seen", "Nodes in service that were heard lately.")?,
            strays: by(
                "hotelhub_strays",
                "Databases and roles that should not be there, or are not and should.",
                "kind",
            )?,
            backups_overdue: IntGauge::new(
                "hotelhub_backups_overdue",
                "Hotels whose last whole backup is older than two days.",
            )?,
            bases_overdue: IntGauge::new(
                "hotelhub_base_backups_overdue",
                "Clusters with hotels whose last whole base backup is older than two days.",
            )?,
            wal_unarchived: IntGauge::new(
                "hotelhub_wal_unarchived",
                "Clusters with hotels that were copied and whose WAL no fleet worker sees archived.",
            )?,
        };
        all.register(gauges.ready.clone())?;
        all.register(gauges.orders.clone())?;
        all.register(gauges.oldest_order.clone())?;
        all.register(gauges.nodes.clone())?;
        all.register(gauges.strays.clone())?;
        all.register(gauges.backups_overdue.clone())?;
        all.register(gauges.bases_overdue.clone())?;
        all.register(gauges.wal_unarchived.clone())?;
        Ok(gauges)
    }

    /// Counts anew.
    pub async fn look(&self, app: &App) -> Result<(), DbError> {
        let now = app.clock.now();
        for cluster in clusters::list(&app.db.relaxed).await? {
            self.ready.with_label_values(&[&cluster.id]).set(cluster.ready);
        }
        let open = orders::open(&app.db.relaxed, now).await?;
        for (state, count) in [("queued", open.queued), ("leased", open.leased), ("failed", open.failed)] {
            self.orders.with_label_values(&[state]).set(count);
        }
        self.oldest_order.set(open.oldest_seconds);
        self.backups_overdue.set(backups::overdue(&app.db.relaxed, now - OVERDUE).await?);
        let copied = backups::copied(&app.db.relaxed, now).await?;
        let count = |is_amiss: fn(&Copied) -> bool| {
            i64::try_from(copied.iter().filter(|cluster| is_amiss(cluster)).count()).unwrap_or(i64::MAX)
        };
        self.bases_overdue.set(count(|cluster| cluster.overdue));
        self.wal_unarchived.set(count(|cluster| cluster.unarchived));
        let nodes = nodes::list(&app.db.relaxed).await?;
        let seen = nodes.iter().filter(|node| node.is_heard_after(now - SILENCE)).count();
        self.nodes.set(i64::try_from(seen).unwrap_or(i64::MAX));
        for (kind, count) in strays::count(&app.db.relaxed).await? {
            self.strays.with_label_values(&[kind.as_str()]).set(count);
        }
        Ok(())
    }
}
