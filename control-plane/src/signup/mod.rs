//! A hotel signs up, or staff sign it up: one transaction, and an address.
//!
//! Owns the wish, the answer and the page that is followed until the hotel is open. What is done to a database is the fleet's.
mod by_staff;
mod form;
mod letters;
mod model;
mod pages;
mod placing;
mod routes;
mod sign_up;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use by_staff::sign_up_for;
pub use form::SignupPage;
pub use letters::Welcome;
pub(crate) use model::ZONES;
pub use model::{Newcomer, Wish, Wrong};
pub use pages::{StatusPage, pages};
pub(crate) use placing::Chosen;
pub use routes::doors;
pub(crate) use sign_up::{begin, plan_of};
pub(crate) use store::free;
