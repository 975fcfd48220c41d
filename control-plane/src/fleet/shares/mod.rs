//! Connection shares: which part of a cluster's connection budget each node and role may use.
//!
//! The sum of what nodes may hold never passes the budget, whatever is lost on the way; see [`plan`].
mod model;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Claim, Seat, plan};
pub(crate) use store::grant;
