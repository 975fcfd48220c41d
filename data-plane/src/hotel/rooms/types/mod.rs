//! Room types: what is sold.
mod model;
mod routes;
mod store;

pub use model::RoomType;
pub(super) use routes::router;
pub(super) use store::{STATEMENTS, lock};
pub use store::{by_id as types_by_id, of_house as types_of_house};
