//! Connection shares: which part of a cluster's connection budget each node and role may use.
//!
//! The sum of what nodes may hold never passes the budget, whatever is lost on the way; see [`plan`]. A node that was granted nothing lives
//! by what is reserved for it; see [`dues`].
mod model;
mod numbers;
mod places;
mod reserve;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Claim, Seat, plan};
pub(crate) use numbers::Heard;
pub(crate) use places::reserved;
pub use reserve::{Place, dues, reserve, with_places};
pub(crate) use store::{Asked, Granted, Terms, forget, grant, in_turn};
