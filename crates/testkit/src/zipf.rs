//! Who is asked for, where few are asked for often and most hardly ever.
use hotelhub_kernel::Entropy;

/// Requests of hotels `1..=hotels` whose popularity falls as their rank grows: Zipf's law with exponent 1. The same for the same seed.
pub fn zipf(hotels: usize, requests: usize, seed: u64) -> Vec<usize> {
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

#[cfg(test)]
mod tests {
    use super::zipf;

    #[test]
    fn the_first_hotel_is_asked_for_twice_as_often_as_the_second() {
        let trace = zipf(1_000, 100_000, 1);
        let times = |hotel| trace.iter().filter(|asked| **asked == hotel).count();
        assert!((1_900..2_100).contains(&(times(1) * 1_000 / times(2))), "{} and {}", times(1), times(2));
        assert!(trace.iter().all(|hotel| (1..=1_000).contains(hotel)));
    }
}
