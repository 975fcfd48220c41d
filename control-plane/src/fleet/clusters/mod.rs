//! Clusters: the Postgres servers that hold tenants' databases.
mod store;

pub use store::{Added, Listed, NewCluster, add, list};
pub(crate) use store::{keep_templates, known};
