//! How long to wait before trying again.
use std::time::Duration;

use crate::Entropy;

/// Exponential waiting with a ceiling and full jitter in the upper half, so that many who fail together do not return together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure.
    pub base: Duration,
    /// No wait is longer.
    pub ceiling: Duration,
}

impl Backoff {
    /// The wait after `failures` failures in a row (1 is the first), between half and all of the doubled base.
    pub fn after(&self, failures: u32, entropy: &Entropy) -> Duration {
        let doubled = self.base.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let full = doubled.min(self.ceiling);
        let half = full / 2;
        let spread = u32::try_from(half.as_millis()).unwrap_or(u32::MAX);
        half + Duration::from_millis(u64::from(entropy.below(spread.saturating_add(1))))
    }
}
