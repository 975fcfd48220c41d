//! Two things measured in turns, so that a noisy neighbour disturbs both alike.

/// The outcome of a comparison: medians, and the median of the pairwise ratios with its 95 % interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared {
    pub(crate) value: f64,
    pub(crate) baseline: f64,
    pub(crate) ratio: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Compared {
    /// Out of pairs (measured, baseline), one per window.
    pub(crate) fn of(pairs: &[(f64, f64)]) -> Self {
        let ratios: Vec<f64> = pairs.iter().map(|(value, baseline)| value / baseline).collect();
        let (low, high) = interval(&ratios);
        Self {
            value: median(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>()),
            baseline: median(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>()),
            ratio: median(&ratios),
            low,
            high,
        }
    }
}

/// The middle value.
pub(crate) fn median(values: &[f64]) -> f64 {
    percentile(values, 50)
}

/// The value that `percent` of all do not exceed.
pub(crate) fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).copied().unwrap_or(f64::NAN)
}

/// The distribution-free 95 % interval of the median: order statistics whose ranks lie 0.98·√n around the middle.
pub(crate) fn interval(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = ranks(sorted.len());
    (sorted.get(low).copied().unwrap_or(f64::NAN), sorted.get(high).copied().unwrap_or(f64::NAN))
}

/// The places of these two among so many: as far from the first as from the last.
fn ranks(count: usize) -> (usize, usize) {
    let last = count.saturating_sub(1);
    let low = (last / 2).saturating_sub((9_604 * count).isqrt().div_ceil(100));
    (low, last - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How probable it is that the median of what was drawn from lies outside: each value is below it as a coin falls.
    fn missed(count: usize) -> f64 {
        let (low, high) = ranks(count);
        let (mut chance, mut missed) = (0.5_f64.powi(i32::try_from(count).unwrap()), 0.0);
        for below in 0..=count {
            if below <= low || below > high {
                missed += chance;
            }
            #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
            let next = (count - below) as f64 / (below + 1) as f64;
            chance *= next;
        }
        missed
    }

    #[test]
    fn the_interval_has_the_median_nineteen_times_of_twenty() {
        for count in 6..=600 {
            assert!(missed(count) <= 0.05, "of {count}: {}", missed(count));
        }
    }
}
