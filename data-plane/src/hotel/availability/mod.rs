//! Availability: which room types are free for a stay, and what they cost.
//!
//! One statement reads it all; nothing is kept between two searches. Selling is the reservations'.
mod model;
mod routes;
mod store;
#[cfg(test)]
mod tests;

use axum::Router;

use crate::node::Node;

pub use model::{Availability, FreeType, NightPrice, Offer, Party, Seen};
pub use routes::router;
pub(crate) use store::STATEMENTS;
pub use store::search;

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}
