//! What goes on in a hotel whose subscription is suspended, and what does not: one table.
//!
//! Everything that lands a guest safely goes on, so what is not named here goes on: check-in of those who are promised a room, the night
//! audit, folios, payments, receipts, check-out, moving a guest, housekeeping, and who of the staff may sign in.
use hotelhub_web::{AppError, Kind};

use super::Tenant;

/// What a suspended hotel does not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Business {
    /// A guest books, or confirms a room kept for a quarter of an hour.
    BookingByGuest,
    /// The desk sells a room: it books, confirms what was kept, or sells nights again that were given back.
    BookingAtDesk,
    /// Prices and rate plans change.
    Rates,
    /// Rooms, room types or the house's own settings change.
    Settings,
    /// Somebody new joins the staff.
    NewStaff,
}

impl Tenant {
    /// Refuses to begin new business in a suspended hotel, and says whom to ask: a guest the hotel, its staff the vendor.
    pub fn may_begin(&self, business: Business) -> Result<(), AppError> {
        if !self.is_suspended() {
            return Ok(());
        }
        if business == Business::BookingByGuest {
            let detail = "This hotel takes no new bookings at the moment. Please ask the hotel itself.";
            return Err(AppError::new(Kind::Forbidden, "suspended", detail));
        }
        let detail = "The hotel's subscription is suspended: no new bookings, no change of rates, rooms and settings, nobody new. Guests \
                      are served as usual. The owner settles it with HotelHub.";
        let refusal = AppError::new(Kind::Conflict, "hotel-suspended", detail);
        let refusal = refusal.with("reason", self.route().notices.suspension.as_deref());
        Err(refusal.with("vendor", self.node().settings.vendor_url()))
    }
}
