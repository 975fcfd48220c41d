//! Whether long work goes on, and how far it is: whoever moves bytes says so, and whoever keeps its lease asks.
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hotelhub_protocol::HowFar;
use tokio::time::Instant;

tokio::task_local! {
    static OF_THIS_TASK: Progress;
}

/// When a piece of work last went on, and how far it is. Clones are of the same work.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Mutex<Last>>);

#[derive(Debug)]
struct Last {
    at: Instant,
    how_far: Option<HowFar>,
}

impl Progress {
    /// Of work that begins now.
    pub(crate) fn begun() -> Self {
        Self(Arc::new(Mutex::new(Last { at: Instant::now(), how_far: None })))
    }

    /// Does the work: what [`made`] and [`reached`] say meanwhile is said of it.
    pub(crate) async fn of<T>(&self, work: impl Future<Output = T>) -> T {
        OF_THIS_TASK.scope(self.clone(), work).await
    }

    /// Whether it went on within this long.
    pub(crate) fn is_within(&self, lately: Duration) -> bool {
        self.last().at.elapsed() < lately
    }

    /// How far it is, where it says so.
    pub(crate) fn how_far(&self) -> Option<HowFar> {
        self.last().how_far
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that the work of this task goes on. Nobody may be listening.
pub(crate) fn made() {
    let _ = OF_THIS_TASK.try_with(|progress| progress.last().at = Instant::now());
}

/// Says how far the work of this task is, which is to say that it goes on.
pub(crate) fn reached(how_far: HowFar) {
    let _ = OF_THIS_TASK.try_with(|progress| *progress.last() = Last { at: Instant::now(), how_far: Some(how_far) });
}
