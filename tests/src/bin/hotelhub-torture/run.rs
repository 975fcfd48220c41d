//! One run: how long it goes on, what was done last, and the first thing that was found.
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::guesthouse::lock;
use crate::owners::Owners;
use crate::sign::Finding;
use crate::town::Town;

/// Visits that are told of when something is found.
const TOLD: usize = 24;

/// A run and all that takes part in it share this.
pub(crate) struct Run {
    pub(crate) town: Town,
    pub(crate) owners: Owners,
    pub(crate) seed: u64,
    visits: u64,
    begun: Instant,
    time: Duration,
    count: AtomicU64,
    found: OnceLock<Finding>,
    journal: Mutex<VecDeque<String>>,
    tally: Mutex<BTreeMap<String, u64>>,
    /// The number of the last letter that was read.
    pub(crate) letters: Mutex<u64>,
}

impl Run {
    /// A run of so many visits, or of this time if that is over first.
    pub(crate) fn new(town: Town, owners: Owners, seed: u64, visits: u64, time: Duration) -> Self {
        let (count, found) = (AtomicU64::new(0), OnceLock::new());
        let (journal, tally, letters) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { town, owners, seed, visits, begun: Instant::now(), time, count, found, journal, tally, letters }
    }

    /// The number of the next visit; none when the run is over.
    pub(crate) fn next(&self) -> Option<u64> {
        if !self.goes_on() {
            return None;
        }
        Some(self.count.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < self.visits)
    }

    /// Whether it goes on.
    pub(crate) fn goes_on(&self) -> bool {
        self.found.get().is_none() && self.visits() < self.visits && self.begun.elapsed() < self.time
    }

    /// How many visits were made.
    pub(crate) fn visits(&self) -> u64 {
        self.count.load(Ordering::Relaxed).min(self.visits)
    }

    /// Waits until so many more visits were made, or a second is over.
    pub(crate) async fn after(&self, visits: u64) {
        let wanted = self.visits() + visits;
        for _ in 0..200 {
            if !self.goes_on() || self.visits() >= wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How long it took so far.
    pub(crate) fn took(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Something is wrong: the run is over.
    pub(crate) fn find(&self, what: Finding) {
        let _ = self.found.set(what);
    }

    /// What was found.
    pub(crate) fn found(&self) -> Option<&Finding> {
        self.found.get()
    }

    /// Notes what was done.
    pub(crate) fn note(&self, line: String) {
        let mut journal = lock(&self.journal);
        if journal.len() == TOLD {
            journal.pop_front();
        }
        journal.push_back(line);
    }

    /// What was done last, the oldest first.
    pub(crate) fn last(&self) -> Vec<String> {
        lock(&self.journal).iter().cloned().collect()
    }

    /// Counts something.
    pub(crate) fn count(&self, what: &str) {
        let mut tally = lock(&self.tally);
        match tally.get_mut(what) {
            Some(times) => *times += 1,
            None => {
                tally.insert(what.to_owned(), 1);
            }
        }
    }

    /// What was counted, here and by the line to Postgres.
    pub(crate) fn tally(&self) -> BTreeMap<String, u64> {
        let mut tally = lock(&self.tally).clone();
        tally.extend(self.town.proxy.befallen().map(|(mishap, times)| (format!("{mishap:?}"), times)));
        tally
    }
}
