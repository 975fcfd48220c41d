//! The vendor's view of its tenants: who they are, what they are on, how their database is, and their life from trial to release.
mod change;
mod creation;
mod forms;
mod life;
mod model;
mod new_page;
mod pages;
mod reaper;
mod routes;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use change::{abandon, close_for_work, grace_from, hold_served, is_known, open_again};
pub use life::{Change, Deletion, Life, Maintenance};
pub use model::{Refusal, Status};
pub use new_page::NewTenantPage;
pub use pages::{TenantPage, TenantsPage, pages};
pub use reaper::reap;
pub(crate) use reaper::release;
pub use routes::doors;
