//! How often a pool would open a connection that closes the one used longest ago.
use std::collections::VecDeque;

/// A pool of so many connections for so many requests at once, each of which ends when as many others have begun. To make room the
/// connection goes that was used longest ago.
pub(crate) struct ByAge {
    most: usize,
    at_once: usize,
    /// The one that was used last stands last.
    idle: VecDeque<usize>,
    busy: VecDeque<usize>,
}

impl ByAge {
    /// Nothing open yet.
    pub(crate) fn new(most: usize, at_once: usize) -> Self {
        Self { most, at_once, idle: VecDeque::new(), busy: VecDeque::new() }
    }

    /// How many connections it opens for these requests.
    pub(crate) fn replay(&mut self, requests: &[usize]) -> usize {
        let opened = requests.iter().filter(|hotel| self.opens_for(**hotel)).count();
        self.idle.append(&mut self.busy);
        opened
    }

    fn opens_for(&mut self, hotel: usize) -> bool {
        if self.busy.len() == self.at_once {
            self.idle.extend(self.busy.pop_front());
        }
        let ready = self.idle.iter().rposition(|known| *known == hotel);
        match ready {
            Some(place) => drop(self.idle.remove(place)),
            None if self.idle.len() + self.busy.len() == self.most => drop(self.idle.pop_front()),
            None => {}
        }
        self.busy.push_back(hotel);
        ready.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::ByAge;

    #[test]
    fn the_connection_that_was_used_longest_ago_is_closed() {
        let mut pool = ByAge::new(2, 1);
        assert_eq!(pool.replay(&[1, 2, 1, 2]), 2);
        assert_eq!(pool.replay(&[3, 2]), 1, "1 is closed");
        assert_eq!(pool.replay(&[1]), 1);
        let mut at_once = ByAge::new(2, 2);
        assert_eq!(at_once.replay(&[1, 1]), 2, "the first is still busy");
    }
}
