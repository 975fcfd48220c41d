//! Availability: which room types are free for a stay, and what they cost.
//!
//! A search asks the database which version of the calendar is the present one, and reads the rest from memory: it sees every change that
//! was committed before it came. Selling is the reservations'; they ask the database itself.
mod calendar;
mod model;
mod routes;
mod shelf;
#[cfg(test)]
mod tests;

use hotelhub_web::Result;

use crate::hotel::reservations::{LONGEST, LONGEST_PUBLIC, Refusal, Stay, field_of};
use crate::tenancy::Tenant;

pub(crate) use calendar::STATEMENTS;
pub use model::{Availability, FreeType, NightPrice, Offer, Party, Seen};
pub use routes::router;
pub use shelf::Calendars;

/// What is free for a stay and a party, and what it costs. It needs a connection of its own: who holds one gives it back first.
pub async fn search(tenant: &Tenant, stay: Stay, party: Party, seen: Seen) -> Result<Availability> {
    let longest = match seen {
        Seen::ByStaff => LONGEST,
        Seen::ByPublic => LONGEST_PUBLIC,
    };
    let stay = stay.within(longest).map_err(|why| Refusal::stay("departure", why))?;
    let calendar = tenant.node().calendars.see(tenant, stay).await?;
    Ok(calendar.offers(stay, party, seen).map_err(|why| Refusal::stay(field_of(why), why))?)
}
