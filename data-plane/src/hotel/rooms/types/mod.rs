//! Room types: what is sold.
mod model;
mod pages;
mod routes;
mod store;

pub use model::{NewRoomType, RoomType, RoomTypeChange};
pub(super) use pages::pages;
pub(super) use routes::router;
pub use routes::{add as add_type, amend as amend_type};
pub(super) use store::{STATEMENTS, lock_sold};
pub use store::{by_id as types_by_id, of_house as types_of_house};
