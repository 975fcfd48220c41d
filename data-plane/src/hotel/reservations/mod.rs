//! Reservations: a guest's claim on a room of some type for some nights, from hold to departure.
//!
//! A booking holds one or more reservations; each is one room. What is sold stands behind the counters of the rooms'
//! inventory. Money is the folio's, keys and beds are the front desk's.
mod amend;
mod code;
mod model;
mod refusal;
mod stay;
#[cfg(test)]
mod tests;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;

pub use amend::{Change, Night, Terms, Wish, change};
pub use code::booking_code;
pub use model::{Action, Status};
pub use refusal::{Refusal, UnsoldNight};
pub use stay::{BadStay, HORIZON, LONGEST, LONGEST_PUBLIC, Stay};

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
}

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}
