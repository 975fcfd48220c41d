//! Reservations: a guest's claim on a room of some type for some nights, from hold to departure.
//!
//! A booking holds one or more reservations; each is one room. What is sold stands behind the counters of the rooms'
//! inventory. Money is the folio's, keys and beds are the front desk's.
mod amend;
mod booking;
mod changing;
mod code;
mod counting;
mod jobs;
mod listing;
mod model;
mod new;
mod pages;
mod refusal;
mod routes;
mod sheet;
mod sheets;
mod stay;
mod store;
#[cfg(test)]
mod tests;
mod view;
mod wish;

pub(crate) use amend::field_of;
pub use amend::{Change, Night, Terms, Wish, change};
pub use booking::{HOLD, book};
pub use changing::{Amendment, amend, amend_seen, cancel, confirm, no_show, reinstate};
pub use code::booking_code;
pub use counting::release_expired_holds;
pub use jobs::{ReleaseExpiredHolds, release_holds};
pub(crate) use listing::tone;
pub use model::{Action, Slips, Status};
pub(crate) use pages::or_shown;
pub use pages::pages;
pub use refusal::{Refusal, UnsoldNight};
pub use routes::router;
pub use sheet::{Booking, Door, Named, Reservation, Sleeper};
pub(crate) use sheets::slips;
pub use sheets::{Search, booking, booking_of_link, by_id, list};
pub use stay::{BadStay, HORIZON, LONGEST, LONGEST_PUBLIC, Stay};
pub use wish::{BookingWish, Promise, RoomWish, Source, Through};

/// Every statement of this folder.
pub(crate) const STATEMENTS: &[&[&str]] = &[store::STATEMENTS, sheets::STATEMENTS];

#[cfg(test)]
pub(crate) use {listing::ListPage, new::NewPage, view::DetailPage};
