//! Front desk: which room a guest gets, the key handed over and taken back, the day's lists and the tape chart.
//!
//! Nights and what they cost are the reservation's; what is owed is the folio's.
mod chart;
mod dashboard;
mod keys;
mod model;
mod overview;
mod pages;
mod placing;
mod routes;
mod store;
mod tape;
#[cfg(test)]
mod tests;

pub use keys::{Arriving, check_in, check_out, revert_check_in, revert_check_out};
pub use model::{Label, Refusal, TakenNights, fits, is_ready, label, leaves_on, nights_to_place, occupancy_bp};
pub(crate) use overview::STATEMENTS as OVERVIEW_STATEMENTS;
pub use overview::{
    ChartStay, ChartType, DayRoom, DayStay, DayType, FrontDesk, LONGEST_CHART, TapeChart, front_desk, tape_chart,
};
pub use pages::pages;
pub use placing::{Move, Placing, Seen, assign, follow, release, relocate, unassign};
pub use routes::router;
pub(crate) use store::STATEMENTS;

#[cfg(test)]
pub(crate) use {chart::TapePage, dashboard::DashboardPage};
