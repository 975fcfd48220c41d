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
    let n = sorted.len();
    let reach = (96 * n).isqrt().div_ceil(10);
    let low = (n / 2).saturating_sub(reach);
    let high = (n / 2 + reach).min(n.saturating_sub(1));
    (sorted.get(low).copied().unwrap_or(f64::NAN), sorted.get(high).copied().unwrap_or(f64::NAN))
}
