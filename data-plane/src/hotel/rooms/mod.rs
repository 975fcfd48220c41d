//! Rooms: their types, the rooms themselves, and how many of a type there are and are taken each night.
//!
//! The counters of a night live in [`inventory`]; who sleeps where is the front desk's.
pub mod inventory;
mod model;
mod routes;
mod store;
mod types;

pub use model::{Housekeeping, Room, Service};
pub use routes::router;
pub use store::{by_id, of_house};
pub use types::{RoomType, types_by_id, types_of_house};

use axum::Router;

use crate::node::Node;

/// Every statement of this folder.
pub(crate) const STATEMENTS: &[&[&str]] = &[store::STATEMENTS, types::STATEMENTS, inventory::STATEMENTS];

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}
