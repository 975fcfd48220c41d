//! Taxes: what service charge and PB1 a price bears.
//!
//! The rule belongs to the property, the kind of tax to the charge code. Only arithmetic lives here; lines are the folio's.
mod model;
mod store;
#[cfg(test)]
mod tests;

pub use model::{TaxRule, Taxes};
pub(in crate::hotel) use store::rule;
