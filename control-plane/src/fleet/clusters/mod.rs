//! Clusters: the Postgres servers that hold tenants' databases.
mod desk;
mod placement;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use desk::Turn;
pub use desk::doors;
pub use placement::{Candidate, Need, Tier, Unfit, choose, named};
pub use store::{Added, Intake, Listed, NewCluster, add, list};
pub(crate) use store::{candidates, keep_templates, known, need_of, need_of_plan};
