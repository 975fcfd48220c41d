//! The calendar in memory: it says what the database says, at once, to all who ask.
mod freshness;
mod hotels;
mod same;
mod sharing;
mod statement;

use hotelhub_data_plane::hotel::availability::{self, Availability, Party, Seen};
use hotelhub_data_plane::hotel::reservations::Stay;
use hotelhub_data_plane::tenancy::Tenant;
use hotelhub_web::Result;
use jiff::civil::Date;

const PARTY: Party = Party { adults: 2, children: 0 };

/// What the desk finds for two adults between two days.
async fn search(tenant: &Tenant, arrival: Date, departure: Date) -> Result<Availability> {
    availability::search(tenant, Stay::new(arrival, departure).unwrap(), PARTY, Seen::ByStaff).await
}
