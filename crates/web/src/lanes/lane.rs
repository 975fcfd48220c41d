//! What is known of one thread. It is read from all of them, and written without a lock.
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

use super::load::{ALL, Bounds, Load, Onward};

/// A thread that serves.
pub(super) struct Lane {
    pub(super) runtime: Handle,
    /// Connections that are here.
    guests: AtomicUsize,
    /// See [`Load::active`].
    active: AtomicUsize,
    /// As many in this turn, until now.
    stirred: AtomicUsize,
    /// How often it has looked at itself.
    turn: AtomicU32,
    /// See [`Load::busy`]. What is on its way to it counts already.
    busy: AtomicU32,
    /// See [`Load::awake`].
    awake: AtomicU32,
    /// When it looked at itself last, or got its first guest: milliseconds since `begun`.
    looked: AtomicU64,
    begun: Instant,
    /// How many of its guests shall go on elsewhere. The next that have something to do, go.
    leaving: AtomicUsize,
    /// Where to: a place among the lanes.
    onward: AtomicUsize,
    /// Somebody came, or may come.
    came: Notify,
}

impl Lane {
    /// Nobody is there yet.
    pub(super) fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            guests: AtomicUsize::new(0),
            active: AtomicUsize::new(0),
            stirred: AtomicUsize::new(0),
            turn: AtomicU32::new(0),
            busy: AtomicU32::new(0),
            awake: AtomicU32::new(0),
            looked: AtomicU64::new(0),
            begun: Instant::now(),
            leaving: AtomicUsize::new(0),
            onward: AtomicUsize::new(0),
            came: Notify::new(),
        }
    }

    /// One guest more.
    pub(super) fn enter(&self) {
        if self.guests.load(Ordering::Relaxed) == 0 {
            self.looked.store(self.now(), Ordering::Relaxed);
        }
        if self.guests.fetch_add(1, Ordering::Relaxed) == 0 {
            self.came.notify_one();
        }
    }

    /// One guest less.
    pub(super) fn leave(&self) {
        self.guests.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether nobody is here.
    pub(super) fn is_empty(&self) -> bool {
        self.guests.load(Ordering::Relaxed) == 0
    }

    /// So much more to do is on its way here.
    pub(super) fn expects(&self, busy: u32) {
        self.busy.fetch_add(busy, Ordering::Relaxed);
        // If nobody comes after all, it finds that out.
        self.came.notify_one();
    }

    /// Sleeps until somebody comes, or may come.
    pub(super) async fn sleep(&self) {
        self.busy.store(0, Ordering::Relaxed);
        self.awake.store(0, Ordering::Relaxed);
        self.active.store(0, Ordering::Relaxed);
        self.came.notified().await;
    }

    /// A turn is over, in which it was so busy, and so long awake.
    pub(super) fn looks_back(&self, (busy, awake): (u32, u32)) {
        self.busy.store(busy, Ordering::Relaxed);
        self.awake.store(awake, Ordering::Relaxed);
        self.active.store(self.stirred.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        self.turn.fetch_add(1, Ordering::Relaxed);
        self.looked.store(self.now(), Ordering::Relaxed);
    }

    /// A guest has something to do, which did so last in turn `seen`.
    pub(super) fn stir(&self, seen: &mut u32) {
        let turn = self.turn.load(Ordering::Relaxed);
        if *seen != turn {
            *seen = turn;
            self.stirred.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Says how many shall leave, and where to, instead of what was said before.
    pub(super) fn send_on(&self, Onward { to, guests }: Onward) {
        self.onward.store(to, Ordering::Relaxed);
        self.leaving.store(guests, Ordering::Release);
    }

    /// Nobody shall leave any more: who had nothing to do until now is no burden.
    pub(super) fn all_stay(&self) {
        self.leaving.store(0, Ordering::Relaxed);
    }

    /// Where the guest shall go on that asks, if it shall.
    pub(super) fn way_on(&self) -> Option<usize> {
        if self.leaving.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let one_less = |leaving: usize| leaving.checked_sub(1);
        self.leaving.fetch_update(Ordering::Acquire, Ordering::Relaxed, one_less).ok()?;
        Some(self.onward.load(Ordering::Relaxed))
    }

    fn load(&self, bounds: Bounds) -> Load {
        let held_up = self.is_held_up(bounds);
        let told = |thousandths: &AtomicU32| if held_up { ALL } else { thousandths.load(Ordering::Relaxed) };
        let (busy, awake) = (told(&self.busy), told(&self.awake));
        Load { busy, awake, guests: self.guests.load(Ordering::Relaxed), active: self.active.load(Ordering::Relaxed) }
    }

    /// Whether it should have looked at itself long since: one of its guests computes without a pause.
    fn is_held_up(&self, bounds: Bounds) -> bool {
        let since = self.now().saturating_sub(self.looked.load(Ordering::Relaxed));
        !self.is_empty() && Duration::from_millis(since) > bounds.turn.saturating_mul(2)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// How the lanes are loaded at this moment, in their order.
pub(super) fn loads(bounds: Bounds, lanes: &[Lane]) -> Vec<Load> {
    lanes.iter().map(|lane| lane.load(bounds)).collect()
}
