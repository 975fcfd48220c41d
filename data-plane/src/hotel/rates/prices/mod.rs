//! Prices of nights: one row per plan, room type and day.
mod model;
mod routes;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Asked, Priced, Prices};
pub(super) use routes::router;
pub use routes::{Set, write as set_prices};
pub(super) use store::STATEMENTS;
pub use store::{month, prices};
