//! The numbers of the beats: one that was held up on its way is known by its number, and changes nothing where a later one was heard.
use std::sync::atomic::{AtomicU64, Ordering};

use hotelhub_protocol::BeatNumber;

/// What the beats of this process are numbered by.
#[derive(Default)]
pub(super) struct Numbers {
    /// How the control plane calls this start; 0 until it has said so.
    start: AtomicU64,
    beats: AtomicU64,
}

impl Numbers {
    /// The number of one more beat.
    pub(super) fn next(&self) -> BeatNumber {
        let beat = self.beats.fetch_add(1, Ordering::Relaxed) + 1;
        BeatNumber { start: self.start.load(Ordering::Relaxed), beat }
    }

    /// Takes on what the control plane calls this start; whether it had another name before.
    pub(super) fn begin(&self, start: u64) -> bool {
        self.start.swap(start, Ordering::Relaxed) != 0
    }
}
