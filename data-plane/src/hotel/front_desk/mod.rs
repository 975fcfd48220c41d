//! Front desk: which room a guest gets, the key handed over and taken back, the day's lists and the tape chart.
//!
//! Nights and what they cost are the reservation's; what is owed is the folio's.
mod model;
mod overview;
mod routes;
#[cfg(test)]
mod tests;

use axum::Router;

pub use model::{Label, Refusal, TakenNights, fits, is_ready, label, leaves_on, nights_to_place, occupancy_bp};
pub(crate) use overview::STATEMENTS as OVERVIEW_STATEMENTS;
pub use overview::{
    ChartStay, ChartType, DayRoom, DayStay, DayType, FrontDesk, LONGEST_CHART, TapeChart, front_desk, tape_chart,
};
pub use routes::router;

use crate::node::Node;

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}
