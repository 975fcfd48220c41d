//! The ways into one database: one for each key of its server. There is one, but while the keys are turned.
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_postgres::Config;

/// The first is the newest key's.
pub(super) struct Ways {
    newest: Config,
    older: Vec<Config>,
    /// The number of the one that opened last.
    usual: AtomicUsize,
}

impl Ways {
    /// These, of which the first is the newest key's, and is tried first.
    pub(super) fn of(mut ways: impl Iterator<Item = Config>) -> Option<Self> {
        Some(Self { newest: ways.next()?, older: ways.collect(), usual: AtomicUsize::new(0) })
    }

    /// The newest key's.
    pub(super) fn newest(&self) -> &Config {
        &self.newest
    }

    /// The number of the one to try first.
    pub(super) fn usual(&self) -> usize {
        self.usual.load(Ordering::Relaxed)
    }

    /// Those to try when this one did not open; which of them is the usual one may have changed meanwhile.
    pub(super) fn others(&self, tried: usize) -> impl Iterator<Item = usize> + use<> {
        (0..=self.older.len()).filter(move |way| *way != tried)
    }

    /// A way by its number.
    pub(super) fn by_number(&self, way: usize) -> &Config {
        way.checked_sub(1).and_then(|older| self.older.get(older)).unwrap_or(&self.newest)
    }

    /// This one opened.
    pub(super) fn opened_by(&self, way: usize) {
        self.usual.store(way, Ordering::Relaxed);
    }
}
