//! Chores: named work at tenants' databases that the fleet role does while they are served, and the journal of how each went.
//!
//! A chore is done where its hotel's tables lie: it follows whoever is given another database.
mod desk;
mod jobs;
mod model;
mod store;

pub use desk::doors;
pub use jobs::drive;
pub(super) use store::{follow, given_up, tended};
