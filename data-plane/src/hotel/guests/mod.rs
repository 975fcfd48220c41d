//! Guests: who books and who sleeps here.
mod model;
mod routes;
mod store;

use axum::Router;

use crate::node::Node;

pub use model::{Guest, GuestChange, NewGuest};
pub use routes::{amend, router};
pub(crate) use store::STATEMENTS;
pub use store::{by_id, rewrite, search};

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}
