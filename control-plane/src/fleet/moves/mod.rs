//! Moves: a tenant's data brought to another cluster while it is served, step by step, and the emptying of a cluster.
//!
//! Each step is an order that may be carried out twice: copy, switch, clear. The tenant is served from its new place by the transaction that
//! takes down that the switch is done, and from nothing else; before it, any failure leads back to where it was.
//!
//! Locks are taken in one order by whoever touches moves: the turn of those who begin moves and order drops, clusters, moves, orders, tenants,
//! what is a tenant's, the routes. Who looks for moves that are stuck passes over those that somebody has in hand.
mod desk;
mod drain;
mod jobs;
mod listed;
mod model;
mod reports;
mod start;
mod store;
mod view;

pub use desk::doors;
pub use jobs::drive;
pub(crate) use jobs::release_log;
pub(crate) use reports::{given_up, hold, told};
pub(crate) use store::has_switched;
pub(crate) use view::{Home, Travels};
pub use view::{MoveLine, forms};
