//! Inventory: per room type and night, how many rooms there are, are out of order, held and sold.
//!
//! What is sold never exceeds what there is: the table's CHECK stands behind it. All counters move through [`shift`],
//! which locks the nights in one order.
mod model;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Counter, FullNight, Moves};
pub(crate) use store::STATEMENTS;
pub use store::{Shifted, reach, shift};
pub(super) use store::{overbooked_by, recount};
