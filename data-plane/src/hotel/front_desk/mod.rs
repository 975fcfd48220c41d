//! Front desk: which room a guest gets, the key handed over and taken back, the day's lists and the tape chart.
//!
//! Nights and what they cost are the reservation's; what is owed is the folio's.
mod model;
#[cfg(test)]
mod tests;

pub use model::{Label, Refusal, Room, TakenNights, label, leaves_on, nights_to_place, occupancy_bp};
