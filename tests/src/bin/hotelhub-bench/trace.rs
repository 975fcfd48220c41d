//! Who is asked for, in which order; and how often a pool would open a connection that closes the one used longest ago.
use std::collections::VecDeque;

use hotelhub_kernel::Entropy;

/// Requests of hotels `1..=hotels` whose popularity falls as their rank grows: Zipf's law with exponent 1.
pub(crate) fn zipf(hotels: usize, requests: usize, seed: u64) -> Vec<usize> {
    let mut sum = 0.0;
    let up_to: Vec<f64> = (1..=u32::try_from(hotels).unwrap_or(u32::MAX))
        .map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        })
        .collect();
    let entropy = Entropy::seeded(seed);
    let request = |_| {
        let dice = f64::from(entropy.below(u32::MAX)) / f64::from(u32::MAX) * sum;
        (up_to.partition_point(|&up_to| up_to < dice) + 1).min(hotels)
    };
    (0..requests).map(request).collect()
}

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
    use super::{ByAge, zipf};

    #[test]
    fn the_first_hotel_is_asked_for_twice_as_often_as_the_second() {
        let trace = zipf(1_000, 100_000, 1);
        let times = |hotel| trace.iter().filter(|asked| **asked == hotel).count();
        assert!((1_900..2_100).contains(&(times(1) * 1_000 / times(2))), "{} and {}", times(1), times(2));
        assert!(trace.iter().all(|hotel| (1..=1_000).contains(hotel)));
    }

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
