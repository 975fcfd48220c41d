//! Rate plans: their rows and doors.
mod model;
mod routes;
mod store;

pub(super) use routes::router;
pub(super) use store::STATEMENTS;
pub use store::{by_id, of_house};
