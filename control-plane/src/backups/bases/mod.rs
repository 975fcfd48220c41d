//! Base backups of whole servers: taken each day where a worker sees that the WAL is archived, and on request. Out of one and the WAL one
//! tenant is made as it was at an instant; what is made so is a backup like any other.
mod desk;
mod jobs;
mod model;
mod store;
#[cfg(test)]
mod tests;

pub(super) use desk::doors;
pub(crate) use jobs::{came_late, pruned, taken};
pub(super) use jobs::{given_up, must_archive, must_have_store, order_due};
pub(super) use model::Refusal;
pub(crate) use store::{Copied, copied};
pub(super) use store::{Source, earliest, source};
