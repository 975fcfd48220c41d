//! A hotel as its visitors know it: how it stands just now, and what was booked there.
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hotelhub_kernel::TenantId;
use hotelhub_protocol::Route;
use hotelhub_tests::{Hotel, Stock};
use uuid::Uuid;

use crate::dice::Dice;

/// Bookings that are remembered to be looked at again.
const REMEMBERED: usize = 200;

/// How a hotel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Served in full.
    Served,
    /// New business is refused.
    Suspended,
    /// Its data cannot be reached, or something about it is changing.
    Away,
    /// It has left.
    Gone,
}

/// How it stood at an instant. Two that are equal have the same standing and nothing between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(u32);

/// One hotel.
pub(crate) struct Guesthouse {
    /// What stands in everything that is its own; its slug.
    pub(crate) mark: String,
    pub(crate) tenant: TenantId,
    /// Its door, with the owner's session.
    pub(crate) door: Hotel,
    pub(crate) stock: Stock,
    /// Where the routing table says it is, also while it is told otherwise or nothing.
    pub(crate) route: Mutex<Route>,
    moment: AtomicU32,
    booked: Mutex<Vec<Booked>>,
    held: Mutex<Vec<Held>>,
    acknowledged: Mutex<Vec<Uuid>>,
}

/// A booking the desk was told is made.
#[derive(Clone, Debug)]
pub(crate) struct Booked {
    pub(crate) id: String,
    pub(crate) reservation: String,
    pub(crate) folio: Option<String>,
    pub(crate) guest: String,
    /// The request that made it.
    pub(crate) request: Vec<u8>,
}

/// A room that is kept for a guest.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl Moment {
    /// How it stood.
    pub(crate) fn standing(self) -> Standing {
        match self.0 % 4 {
            0 => Standing::Served,
            1 => Standing::Suspended,
            2 => Standing::Away,
            _ => Standing::Gone,
        }
    }
}

impl Guesthouse {
    /// A hotel that is served.
    pub(crate) fn new(mark: String, route: Route, door: Hotel, stock: Stock) -> Self {
        Self {
            mark,
            tenant: route.tenant,
            door,
            stock,
            route: Mutex::new(route),
            moment: AtomicU32::new(0),
            booked: Mutex::default(),
            held: Mutex::default(),
            acknowledged: Mutex::default(),
        }
    }

    /// How it stands now.
    pub(crate) fn now(&self) -> Moment {
        Moment(self.moment.load(Ordering::SeqCst))
    }

    /// From now on it stands so.
    pub(crate) fn turn(&self, standing: Standing) {
        let number = match standing {
            Standing::Served => 0,
            Standing::Suspended => 1,
            Standing::Away => 2,
            Standing::Gone => 3,
        };
        let before = self.moment.load(Ordering::SeqCst);
        self.moment.store((before / 4 + 1) * 4 + number, Ordering::SeqCst);
    }

    /// Where the routing table says it is.
    pub(crate) fn route(&self) -> Route {
        lock(&self.route).clone()
    }

    /// Notes a booking that was acknowledged.
    pub(crate) fn remember(&self, booked: Booked, dice: &Dice) {
        lock(&self.acknowledged).extend(booked.id.parse::<Uuid>());
        let mut known = lock(&self.booked);
        if known.len() >= REMEMBERED {
            let place = dice.place_in(known.len());
            known.swap_remove(place);
        }
        known.push(booked);
    }

    /// A booking that is remembered.
    pub(crate) fn some_booking(&self, dice: &Dice) -> Option<Booked> {
        dice.pick(&lock(&self.booked)).cloned()
    }

    /// Notes a room that is kept.
    pub(crate) fn hold(&self, held: Held) {
        let mut known = lock(&self.held);
        if known.len() < REMEMBERED {
            known.push(held);
        }
    }

    /// A room that is kept, for its guest to confirm.
    pub(crate) fn some_hold(&self) -> Option<Held> {
        lock(&self.held).pop()
    }

    /// Every booking that was acknowledged.
    pub(crate) fn acknowledged(&self) -> Vec<Uuid> {
        lock(&self.acknowledged).clone()
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
