//! The threads that serve: each has a reactor of its own, and they fill one after the other (decision 0013).
//!
//! Where threads share a reactor, a request goes on wherever its socket was heard, and all that it touches follows it from core to core.
//! And where a few connections are spread over more threads than they need, those spend their time waking one another. So a connection
//! stays on its lane, and a lane is used only when those before it have enough to do.
mod following;
mod guest;
mod lane;
mod load;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::following::{Following, Socket};
use self::guest::{Guest, Place};
use self::lane::Lane;
use self::load::Bounds;

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
        match load::first_with_room(self.0.bounds, &lane::loads(self.0.bounds, lanes)) {
            Some(place) => {
                if let Some(lane) = lanes.get(place) {
                    lane.expects(self.0.bounds.newcomer);
                }
                Guest::arrive(Box::pin(connection), Place::take(lanes.clone(), place));
            }
            None => drop(tokio::spawn(connection)),
        }
    }
}

fn run(bounds: Bounds, lanes: &[Lane], place: usize, runtime: &Runtime, stop: &CancellationToken) {
    HERE.set(place + 1);
    runtime.block_on(stop.run_until_cancelled(load::watch(bounds, lanes, place)));
}

/// The number of the lane this thread is, from 1 on; 0 for every other thread. A socket that is registered in one lane is best used there.
pub fn here() -> usize {
    HERE.get()
}
