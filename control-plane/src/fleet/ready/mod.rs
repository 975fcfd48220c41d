//! Ready-made databases: kept in stock on every cluster, so that a sign-up only claims one.
mod jobs;
mod model;
mod store;
#[cfg(test)]
mod tests;

pub use jobs::keep_stock;
pub use model::{Stock, plan};
pub(crate) use store::{claim, keep_live, keep_ready};
