//! Chores: named work at tenants' databases that the fleet role does while they are served, and the journal of how each went.
mod desk;
mod jobs;
mod model;
mod store;

pub use desk::doors;
pub use jobs::drive;
pub(super) use store::{given_up, tended};
