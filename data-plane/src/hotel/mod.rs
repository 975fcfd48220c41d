//! The hotel product: one folder per capability.
pub mod availability;
pub mod booking_engine;
pub mod folios;
pub mod front_desk;
pub mod guests;
pub mod properties;
pub mod rates;
pub mod reservations;
pub mod rooms;
mod seed;
pub mod taxes;

pub(crate) use seed::{Founding, STATEMENTS, found};
