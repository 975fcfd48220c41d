//! The vendor's view of its tenants: who they are, what they are on, how their database is, and their suspension.
mod model;
mod pages;
mod routes;
mod store;

pub use model::{Refusal, Status};
pub use pages::{TenantPage, TenantsPage, pages};
pub use routes::doors;
