//! The threads that serve: each has a reactor of its own, and a connection stays on one of them for life.
//!
//! Where threads share a reactor, a request goes on wherever its socket was heard, and all that it touches follows it from core to core
//! (decision 0013).
use std::cell::Cell;
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::{CancellationToken, DropGuard};

thread_local! {
    static HERE: Cell<usize> = const { Cell::new(NOWHERE) };
}

/// The number of what is no lane.
const NOWHERE: usize = 0;

/// Threads that serve. Clones are the same threads; they end with the last clone, and with them what still runs there.
#[derive(Clone)]
pub struct Lanes(Arc<Inner>);

struct Inner {
    lanes: Vec<Lane>,
    _stop: Option<DropGuard>,
}

struct Lane {
    runtime: Handle,
    /// As many clones as connections, and this one.
    taken: Arc<()>,
}

impl Lanes {
    /// No thread of its own: connections are served by the runtime that accepts them.
    pub fn none() -> Self {
        Self(Arc::new(Inner { lanes: Vec::new(), _stop: None }))
    }

    /// A lane for each core the process may use.
    pub fn start() -> io::Result<Self> {
        let stop = CancellationToken::new();
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let lanes = (1..=cores).map(|number| Lane::start(number, stop.clone())).collect::<io::Result<_>>()?;
        Ok(Self(Arc::new(Inner { lanes, _stop: Some(stop.drop_guard()) })))
    }

    /// Serves a connection where the fewest are.
    pub(crate) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        match self.0.lanes.iter().min_by_key(|lane| Arc::strong_count(&lane.taken)) {
            Some(lane) => {
                let taken = lane.taken.clone();
                lane.runtime.spawn(async move {
                    connection.await;
                    drop(taken);
                });
            }
            None => drop(tokio::spawn(connection)),
        }
    }
}

impl Lane {
    fn start(number: usize, stop: CancellationToken) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new().name(format!("lane-{number}")).spawn(move || run(number, &runtime, &stop))?;
        Ok(Self { runtime: handle, taken: Arc::default() })
    }
}

fn run(number: usize, runtime: &Runtime, stop: &CancellationToken) {
    HERE.set(number);
    runtime.block_on(stop.cancelled());
}

/// The number of the lane this thread is, from 1 on; 0 for every other thread. A socket that is registered in one lane is best used there.
pub fn here() -> usize {
    HERE.get()
}
