//! How often tenants were asked for lately, in a memory that does not grow: a count-min sketch that forgets by halves.
//!
//! The idea is TinyLFU's (Einziger, Friedman, Manes, 2017): whose connection is closed to make room should depend on how often he comes,
//! also before he was closed last, and not on who happened to come a moment ago.
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hotelhub_kernel::TenantId;

const ROWS: usize = 4;
const COLUMNS: usize = 4_096;
/// After so many requests what was counted is halved.
const LATELY: u64 = 10 * COLUMNS as u64;

/// Counts that are never too low, and seldom too high. 32 KiB, however many tenants there are.
pub(super) struct Demand {
    rows: [Vec<u16>; ROWS],
    counted: u64,
}

impl Default for Demand {
    fn default() -> Self {
        Self { rows: std::array::from_fn(|_| vec![0; COLUMNS]), counted: 0 }
    }
}

impl Demand {
    /// A tenant was asked for so many times.
    pub(super) fn add(&mut self, tenant: TenantId, times: u32) {
        if times == 0 {
            return;
        }
        let at_least = self.of(tenant).saturating_add(u16::try_from(times).unwrap_or(u16::MAX));
        for (row, column) in self.rows.iter_mut().zip(columns(tenant)) {
            if let Some(count) = row.get_mut(column) {
                *count = at_least.max(*count);
            }
        }
        self.counted += u64::from(times);
        while self.counted > LATELY {
            self.rows.iter_mut().flatten().for_each(|count| *count /= 2);
            self.counted /= 2;
        }
    }

    /// How often a tenant was asked for lately.
    pub(super) fn of(&self, tenant: TenantId) -> u16 {
        let counts = self.rows.iter().zip(columns(tenant)).filter_map(|(row, column)| row.get(column).copied());
        counts.min().unwrap_or(0)
    }
}

/// A tenant's place in each row.
fn columns(tenant: TenantId) -> [usize; ROWS] {
    std::array::from_fn(|row| {
        let hash = FixedState::with_seed(row as u64).hash_one(tenant.0.as_u128());
        usize::try_from(hash % COLUMNS as u64).unwrap_or(0)
    })
}
