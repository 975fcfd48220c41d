//! The shelf: the calendars of the hotels that are asked for, each read once for all who ask at a time.
//!
//! It holds a bounded amount of memory, and nothing for long that nobody asks for. What it gives is never older than the question.
mod reading;
mod shared;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hotelhub_kernel::TenantId;
use hotelhub_web::AppError;
use hotelhub_web::metrics::Metrics;
use prometheus::{IntCounter, IntGauge};
use uuid::Uuid;

use self::shared::Shared;
use super::calendar::Calendar;
use crate::hotel::reservations::Stay;
use crate::tenancy::{Guard, Tenant};

/// What one hotel's calendar may take while nobody asks, in bytes: some 500 products for three years.
const LARGEST: usize = 4 << 20;

/// What all calendars together may take while nobody asks, in bytes.
const ALL: usize = 64 << 20;

/// A calendar nobody asked for in this time is let go.
const IDLE: Duration = Duration::from_secs(600);

/// The calendars of this process. Clones are the same shelf.
#[derive(Clone)]
pub struct Calendars(Arc<Inner>);

struct Inner {
    shelf: Mutex<HashMap<Place, Arc<Shared>>>,
    readings: IntCounter,
    loads: IntCounter,
    bytes: IntGauge,
}

/// A tenant, and the generation of its placement: whose data has moved begins anew.
type Place = (TenantId, u32);

fn place_of(tenant: &Tenant) -> Place {
    if !Guard::OwnCalendar.stands() {
        return (TenantId(Uuid::nil()), 0);
    }
    (tenant.id(), tenant.route().placement.generation)
}

impl Calendars {
    /// An empty shelf, whose counters are shown with all others.
    pub fn register(all: &Metrics) -> Result<Self, prometheus::Error> {
        let readings =
            IntCounter::new("hotelhub_calendar_readings_total", "Times a hotel was asked for its calendar's version.")?;
        let loads = IntCounter::new("hotelhub_calendar_loads_total", "Readings in which something had changed.")?;
        let bytes = IntGauge::new("hotelhub_calendar_bytes", "Memory that the kept calendars take.")?;
        all.register(readings.clone())?;
        all.register(loads.clone())?;
        all.register(bytes.clone())?;
        Ok(Self(Arc::new(Inner { shelf: Mutex::default(), readings, loads, bytes })))
    }

    /// The hotel's calendar with the nights of a stay, as it was at some instant after this was called.
    pub(super) async fn see(&self, tenant: &Tenant, stay: Stay) -> Result<Arc<Calendar>, AppError> {
        let shared = self.shelf().entry(place_of(tenant)).or_default().clone();
        shared.next_reading(tenant, stay).await
    }

    /// Lets go of what nobody asks for, for as long as the process lives.
    pub async fn keep_tidy(self) {
        let mut tick = tokio::time::interval(IDLE / 10);
        loop {
            tick.tick().await;
            self.forget_idle(IDLE);
        }
    }

    fn forget_idle(&self, idle: Duration) {
        self.shelf().retain(|_, shared| shared.idle() < idle);
        self.fit(ALL);
    }

    /// Lets those go first that were asked for longest ago, until the rest takes no more than `most` bytes.
    fn fit(&self, most: usize) {
        let mut shelf = self.shelf();
        let mut bytes: usize = shelf.values().map(|shared| shared.bytes()).sum();
        while bytes > most {
            let Some(place) = shelf.iter().max_by_key(|(_, shared)| shared.idle()).map(|(place, _)| *place) else {
                break;
            };
            bytes -= shelf.remove(&place).map_or(0, |shared| shared.bytes()).min(bytes);
        }
        self.0.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    fn shelf(&self) -> MutexGuard<'_, HashMap<Place, Arc<Shared>>> {
        self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
