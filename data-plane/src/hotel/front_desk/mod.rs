//! Front desk: which room a guest gets, the key handed over and taken back, the day's lists and the tape chart.
//!
//! Nights and what they cost are the reservation's; what is owed is the folio's.
mod model;
#[cfg(test)]
mod tests;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;

pub use model::{Label, Refusal, Room, TakenNights, label, leaves_on, nights_to_place, occupancy_bp};

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
}

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}
