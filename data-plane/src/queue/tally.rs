//! What this process knows to wait and what it gave up, for `/health`: nobody opens ten thousand databases to count.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The counts of one process; clones are the same. They begin with the process.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    pending: AtomicUsize,
    failed: AtomicUsize,
}

impl Tally {
    /// Hotels whose jobs are due and not yet looked at, or just being run.
    pub fn pending(&self) -> usize {
        self.0.pending.load(Ordering::Relaxed)
    }

    /// Jobs that were given up.
    pub fn failed(&self) -> usize {
        self.0.failed.load(Ordering::Relaxed)
    }

    pub(super) fn wait(&self, hotels: usize) {
        self.0.pending.store(hotels, Ordering::Relaxed);
    }

    pub(super) fn give_up(&self) {
        self.0.failed.fetch_add(1, Ordering::Relaxed);
    }
}
