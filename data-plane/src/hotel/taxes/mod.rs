//! Taxes: what service charge and PB1 a price bears.
//!
//! The rule belongs to the property, the kind of tax to the charge code. Only arithmetic lives here; lines are the folio's.
mod model;
#[cfg(test)]
mod tests;

pub use model::{TaxRule, Taxes};
