//! Rollouts: tenants' databases brought to the newest schema while they are served, wave by wave, stopped by itself when too many fail.
//!
//! Which databases are behind stands in the central database, so a deploy with nothing to do opens no tenant's. A database that fails stays on
//! its version, with its reason; the fleet role does the work ([`super::orders`]).
mod desk;
mod jobs;
mod journal;
mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use desk::doors;
pub use jobs::drive;
pub use model::{WAVES, waves};
pub use pages::{RolloutPage, RolloutsPage, pages};
pub(super) use store::{is_of_one, take_report};
