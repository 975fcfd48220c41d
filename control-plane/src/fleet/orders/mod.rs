//! Work orders: what the fleet role is told to do, leased to one worker at a time and fenced against the one before.
//!
//! A lease need not survive a crash of the database: a lost one is only an order carried out twice, which every task allows. A fence number
//! may then come twice, so a report counts only from the node that holds the lease.
mod again;
mod desk;
mod hands;
mod listed;
mod model;
mod pages;
mod placed;
mod routes;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use again::{again_at, follow, last_error, lease_on, withdraw};
pub use desk::doors;
pub use hands::Hands;
pub use listed::{Listed, list};
pub(crate) use listed::{of_tenant, open};
pub use model::{ATTEMPTS, after_failure};
pub(crate) use pages::OrderLine;
pub use pages::{OrdersPage, pages};
pub(crate) use placed::{hand_over, place, place_in_hand};
pub use routes::router;
pub(crate) use store::NewOrder;
pub use store::sweep;
