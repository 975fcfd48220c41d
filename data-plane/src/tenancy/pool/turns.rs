//! Whose turn it is: parties take turns, and within a party whoever came first is first. Who asks for much waits behind himself.
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Those who wait. A party of whom nobody waits leaves nothing behind.
pub(super) struct Turns<P, W> {
    waiting: HashMap<P, VecDeque<W>>,
    /// Every party that waits, once; the front one is next.
    round: VecDeque<P>,
    count: usize,
}

impl<P, W> Default for Turns<P, W> {
    fn default() -> Self {
        Self { waiting: HashMap::new(), round: VecDeque::new(), count: 0 }
    }
}

impl<P: Copy + Eq + Hash, W> Turns<P, W> {
    /// One more of this party waits, behind those of it who wait already.
    pub(super) fn join(&mut self, party: P, who: W) {
        let queue = self.waiting.entry(party).or_default();
        if queue.is_empty() {
            self.round.push_back(party);
        }
        queue.push_back(who);
        self.count += 1;
    }

    /// Whose turn it is now; one of `last`, who had the turn before, only where nobody else waits.
    pub(super) fn next(&mut self, last: Option<P>) -> Option<(P, W)> {
        let place = self.round.iter().position(|party| Some(*party) != last).unwrap_or(0);
        let party = self.round.remove(place)?;
        let queue = self.waiting.get_mut(&party)?;
        let who = queue.pop_front()?;
        self.count -= 1;
        if queue.is_empty() {
            self.waiting.remove(&party);
        } else {
            self.round.push_back(party);
        }
        Some((party, who))
    }

    /// Those of this party who have gone wait no more.
    pub(super) fn leave(&mut self, party: P, has_gone: impl Fn(&W) -> bool) {
        let Some(queue) = self.waiting.get_mut(&party) else { return };
        self.count -= queue.len();
        queue.retain(|who| !has_gone(who));
        self.count += queue.len();
        if queue.is_empty() {
            self.waiting.remove(&party);
            self.round.retain(|waiting| *waiting != party);
        }
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The first of the party that waits longest for a turn, `but` this one.
    pub(super) fn first(&self, but: P) -> Option<&W> {
        let party = self.round.iter().find(|party| **party != but)?;
        self.waiting.get(party)?.front()
    }
}
