//! Rooms: their types, the rooms themselves, and how many of a type there are and are taken each night.
//!
//! The counters of a night live in [`inventory`]; who sleeps where is the front desk's.
pub mod inventory;
mod model;
mod pages;
mod routes;
mod store;
mod types;

pub use model::{Housekeeping, NewRooms, Room, RoomChange, Service};
pub use pages::pages;
pub use routes::{add, amend, router};
pub(crate) use store::room;
pub use store::{by_id, of_house};
pub use types::{NewRoomType, RoomType, RoomTypeChange, add_type, amend_type, types_by_id, types_of_house};

/// Every statement of this folder.
pub(crate) const STATEMENTS: &[&[&str]] = &[store::STATEMENTS, types::STATEMENTS, inventory::STATEMENTS];

#[cfg(test)]
pub(crate) use pages::RoomsPage;
