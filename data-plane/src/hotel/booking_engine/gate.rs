//! How often strangers may knock at the public doors.
use std::net::IpAddr;
use std::time::Duration;

use hotelhub_kernel::Clock;
use hotelhub_web::Result;
use hotelhub_web::limits::Throttle;
use redis::aio::ConnectionManager;

use crate::tenancy::Tenant;

/// One per process: rooms held, and bookings looked up or changed, per hotel and address.
pub struct BookingGate {
    holds: Throttle,
    tokens: Throttle,
}

impl BookingGate {
    /// A gate that counts in Redis when there is one.
    pub fn new(clock: &Clock, redis: Option<ConnectionManager>) -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            holds: Throttle::new("holds", 30, minutes(10), clock).shared(redis.clone()),
            tokens: Throttle::new("booking-links", 120, minutes(10), clock).shared(redis),
        }
    }

    /// Counts a room held; 429 when there were too many.
    pub(super) async fn admit_hold(&self, tenant: &Tenant, address: IpAddr) -> Result<()> {
        self.holds.admit(&format!("{}:{address}", tenant.id())).await
    }

    /// Counts a look at a booking or a change of it; 429 when there were too many.
    pub(super) async fn admit_token(&self, tenant: &Tenant, address: IpAddr) -> Result<()> {
        self.tokens.admit(&format!("{}:{address}", tenant.id())).await
    }
}
