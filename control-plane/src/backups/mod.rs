//! Backups of tenants: which there are, when the next is due, how long they are kept, and what they are restored into.
//!
//! The fleet role has the store and the key and does the work; here is only what should be done and what was done. A tenant is backed up each
//! night and on request; a restored database takes its tenant's place by a change of the routing table, and what it replaced is kept for a
//! while, so that it can be undone.
mod bases;
mod calling_off;
mod closure;
mod deeds;
mod desk;
mod gone;
mod jobs;
mod model;
mod overtaken;
mod pruning;
mod reports;
mod restores;
mod store;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use bases::{Copied, copied, taken as base_taken};
pub(crate) use deeds::lodging;
pub use desk::doors;
pub(crate) use desk::of_known;
pub use jobs::drive;
pub use model::{Good, due_before, superfluous};
pub(crate) use overtaken::end_under_way;
pub(crate) use reports::{backed_up, came_late, given_up, pruned, restored};
pub(crate) use store::overdue;
pub use view::{BackupLine, RestoreLine, forms};
pub(crate) use view::{Kept, seconds, size};
