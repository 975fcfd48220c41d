//! Whether long work goes on: whoever moves bytes says so, and whoever keeps its lease asks.
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

tokio::task_local! {
    static OF_THIS_TASK: Progress;
}

/// When a piece of work last went on. Clones are of the same work.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Mutex<Instant>>);

impl Progress {
    /// Of work that begins now.
    pub(crate) fn begun() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Does the work: what [`made`] says meanwhile is said of it.
    pub(crate) async fn of<T>(&self, work: impl Future<Output = T>) -> T {
        OF_THIS_TASK.scope(self.clone(), work).await
    }

    /// Whether it went on within this long.
    pub(crate) fn is_within(&self, lately: Duration) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < lately
    }
}

/// Says that the work of this task goes on. Nobody may be listening.
pub(crate) fn made() {
    let _ = OF_THIS_TASK.try_with(|progress| {
        *progress.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    });
}
