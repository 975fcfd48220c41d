//! The threads that serve: each has a reactor of its own, and they fill one after the other (decision 0013).
//!
//! Where threads share a reactor, a request goes on wherever its socket was heard, and all that it touches follows it from core to core.
//! And where a few connections are spread over more threads than they need, those spend their time waking one another. So a connection
//! stays on its lane, and a lane is used only when those before it have enough to do.
mod following;
mod guest;
mod load;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::following::{Following, Socket};
use self::guest::{Guest, Place};
use self::load::{Bounds, Load, Onward};

thread_local! {
    static HERE: Cell<usize> = const { Cell::new(NOWHERE) };
}

/// The number of what is no lane.
const NOWHERE: usize = 0;

/// Threads that serve. Clones are the same threads; they end with the last clone, and with them what still runs there.
#[derive(Clone)]
pub struct Lanes(Arc<Inner>);

struct Inner {
    bounds: Bounds,
    lanes: Arc<[Lane]>,
    _stop: Option<DropGuard>,
}

/// What is known of one thread. It is read from all of them.
struct Lane {
    runtime: Handle,
    /// Connections that are here.
    guests: AtomicUsize,
    /// See [`Load::busy`].
    busy: AtomicU32,
    /// How many of its guests shall go on elsewhere. The next that have something to do, go.
    leaving: AtomicUsize,
    /// Where to: a place among the lanes.
    onward: AtomicUsize,
    /// Somebody came.
    came: Notify,
}

impl Lanes {
    /// No thread of its own: connections are served by the runtime that accepts them.
    pub fn none() -> Self {
        Self(Arc::new(Inner { bounds: Bounds::USUAL, lanes: Arc::default(), _stop: None }))
    }

    /// A lane for each core the process may use.
    pub fn start() -> io::Result<Self> {
        Self::of(thread::available_parallelism().map_or(1, NonZero::get), Bounds::USUAL)
    }

    fn of(cores: usize, bounds: Bounds) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let runtimes: Vec<_> =
            (0..cores).map(|_| Builder::new_current_thread().enable_all().build()).collect::<io::Result<_>>()?;
        let lanes: Arc<[Lane]> = runtimes.iter().map(|runtime| Lane::new(runtime.handle().clone())).collect();
        let inner = Self(Arc::new(Inner { bounds, lanes: lanes.clone(), _stop: Some(stop.clone().drop_guard()) }));
        for (place, runtime) in runtimes.into_iter().enumerate() {
            let (lanes, stop) = (lanes.clone(), stop.clone());
            let name = format!("lane-{}", place + 1);
            thread::Builder::new().name(name).spawn(move || run(bounds, &lanes, place, &runtime, &stop))?;
        }
        Ok(inner)
    }

    /// Serves a connection on the first lane that has time for it. What it uses must bear to be polled on another later: its socket is
    /// a [`Following`].
    pub(crate) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let lanes = &self.0.lanes;
        match load::first_with_room(self.0.bounds, &loads(lanes)) {
            Some(place) => Guest::arrive(Box::pin(connection), Place::take(lanes.clone(), place)),
            None => drop(tokio::spawn(connection)),
        }
    }
}

impl Lane {
    fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            guests: AtomicUsize::new(0),
            busy: AtomicU32::new(0),
            leaving: AtomicUsize::new(0),
            onward: AtomicUsize::new(0),
            came: Notify::new(),
        }
    }

    /// Says how many shall leave, and where to, instead of what was said before.
    fn send_on(&self, Onward { to, guests }: Onward) {
        self.onward.store(to, Ordering::Relaxed);
        self.leaving.store(guests, Ordering::Release);
    }

    /// Nobody shall leave any more: who had nothing to do until now is no burden.
    fn all_stay(&self) {
        self.leaving.store(0, Ordering::Relaxed);
    }

    /// Where the guest shall go on that asks, if it shall.
    fn way_on(&self) -> Option<usize> {
        if self.leaving.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let one_less = |leaving: usize| leaving.checked_sub(1);
        self.leaving.fetch_update(Ordering::Acquire, Ordering::Relaxed, one_less).ok()?;
        Some(self.onward.load(Ordering::Relaxed))
    }
}

/// How the lanes are loaded at this moment, in their order.
fn loads(lanes: &[Lane]) -> Vec<Load> {
    let load =
        |lane: &Lane| Load { busy: lane.busy.load(Ordering::Relaxed), guests: lane.guests.load(Ordering::Relaxed) };
    lanes.iter().map(load).collect()
}

fn run(bounds: Bounds, lanes: &[Lane], place: usize, runtime: &Runtime, stop: &CancellationToken) {
    HERE.set(place + 1);
    runtime.block_on(stop.run_until_cancelled(load::watch(bounds, lanes, place)));
}

/// The number of the lane this thread is, from 1 on; 0 for every other thread. A socket that is registered in one lane is best used there.
pub fn here() -> usize {
    HERE.get()
}
