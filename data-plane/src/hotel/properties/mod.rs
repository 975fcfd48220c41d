//! The property: the hotel's name and address, its hours, its taxes and its own day.
//!
//! A tenant has one property for now. The business date is read here and moved by the night audit alone.
mod model;
mod routes;
mod store;

pub use model::{Property, PropertyChange, Sign};
pub use routes::{amend, router};
pub(crate) use store::STATEMENTS;
pub use store::{THE_ONE, the_one};

use axum::Router;

use crate::node::Node;

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}
