//! Ready-made databases: kept in stock on every cluster, so that a sign-up only claims one.
mod jobs;
mod model;
mod retire;
mod store;
#[cfg(test)]
mod tests;

pub use jobs::keep_stock;
pub use model::{Stock, plan};
pub use retire::retire_old;
pub(crate) use store::{claim, next, retire, take_turn};
