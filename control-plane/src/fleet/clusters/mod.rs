//! Clusters: the Postgres servers that hold tenants' databases.
mod desk;
mod store;

pub(crate) use desk::Turn;
pub use desk::doors;
pub use store::{Added, Intake, Listed, NewCluster, add, list};
pub(crate) use store::{keep_templates, known};
