//! The property: the hotel's name and address, its hours, its taxes and its own day.
//!
//! A tenant has one property for now. The business date is read here and moved by the night audit alone.
mod model;
mod pages;
mod routes;
mod store;

pub use model::{Property, PropertyChange, Sign};
pub use pages::pages;
pub use routes::{amend, router};
pub(crate) use store::STATEMENTS;
pub use store::{THE_ONE, the_one};

#[cfg(test)]
pub(crate) use pages::PropertyPage;
