//! Booking engine: the doors through which guests book without asking the desk.
//!
//! A room is held for a quarter of an hour, confirmed with a name and an address, and managed by a link whose token only the
//! guest has. What is sold and at which price is decided by the reservations, as for the desk.
mod booking;
mod gate;
mod leaves;
mod letters;
mod model;
mod pages;
mod routes;
#[cfg(test)]
mod tests;

pub use booking::{HeldBooking, cancel, confirm, find, hold, must_open};
pub use gate::BookingGate;
pub use letters::Confirmation;
pub use model::{GuestBooking, GuestName, GuestStay, cancellable, free_until};
pub use pages::pages;
pub use routes::router;

#[cfg(test)]
pub(crate) use leaves::{ConfirmPage, HomePage, ManagePage, OffersPage};
