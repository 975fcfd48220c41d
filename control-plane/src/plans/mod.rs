//! Plans, their prices, limits and features: rows, not code.
mod model;
mod store;
#[cfg(test)]
mod tests;

pub use model::{PlacedIn, Plan, Price, Refusal, choose};
pub(crate) use store::offered;
pub use store::place;
