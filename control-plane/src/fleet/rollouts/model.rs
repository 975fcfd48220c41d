//! Which database goes when, and when it is enough.

/// The parts of a rollout: one hotel, a twentieth, a quarter, the rest.
pub const WAVES: usize = 4;

/// Parts of the whole in percent that the second and the third wave take.
const PARTS: [usize; 2] = [5, 25];

/// How many databases each wave takes of so many.
pub fn waves(databases: usize) -> [usize; WAVES] {
    let mut left = databases;
    let mut take = |wish: usize| {
        let taken = wish.min(left);
        left -= taken;
        taken
    };
    let [few, some] = PARTS.map(|percent| (databases * percent).div_ceil(100));
    let (first, second, third) = (take(1), take(few), take(some));
    [first, second, third, left]
}

/// The wave of each of so many databases, in their order.
pub(super) fn wave_of_each(databases: usize) -> impl Iterator<Item = i16> {
    (0_i16..).zip(waves(databases)).flat_map(|(wave, count)| std::iter::repeat_n(wave, count))
}

/// How a rollout stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Databases of the first wave that failed.
    pub(super) first_failed: i64,
    /// Databases tried.
    pub(super) tried: i64,
    /// Of these, failed.
    pub(super) failed: i64,
}

/// Fewer tried ones are counted as so many: one failure among the first few says little of the rest.
const SAMPLE: i64 = 20;

/// Whether it is enough: the first hotel failed, or more than `tolerated_bp` basis points of the databases tried.
pub(super) fn is_too_much(tally: Tally, tolerated_bp: i32) -> bool {
    let part = tally.failed.saturating_mul(10_000);
    tally.first_failed > 0 || part > tally.tried.max(SAMPLE).saturating_mul(i64::from(tolerated_bp))
}
