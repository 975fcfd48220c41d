//! The routes feed: the whole routing table as a signed snapshot, and every change of it in order, without a gap.
mod leave;
mod routes;
mod snapshot;
mod store;

pub use leave::leave_table;
pub use routes::router;
pub use snapshot::Snapshots;
pub(crate) use store::{publish_cluster, publish_tenant};
