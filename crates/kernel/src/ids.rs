//! Identifiers: UUIDv7, so that they sort by birth.
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::{Clock, Entropy};

/// Hands out identifiers: UUIDv7 of the clock and the dice, or counted ones in tests.
#[derive(Clone, Debug)]
pub struct Ids(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Timed(Clock, Entropy),
    Counted(Arc<AtomicU64>),
}

impl Ids {
    /// UUIDv7 from the given clock and randomness.
    pub fn timed(clock: Clock, entropy: Entropy) -> Self {
        Self(Kind::Timed(clock, entropy))
    }

    /// 00000000-0000-7000-8000-000000000001, …2, …3: for tests that compare.
    pub fn counted() -> Self {
        Self(Kind::Counted(Arc::new(AtomicU64::new(0))))
    }

    /// The next identifier.
    pub fn next(&self) -> Uuid {
        match &self.0 {
            Kind::Timed(clock, entropy) => {
                let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
                Builder::from_unix_timestamp_millis(millis, &entropy.bytes()).into_uuid()
            }
            Kind::Counted(count) => {
                let n = count.fetch_add(1, Ordering::SeqCst) + 1;
                Uuid::from_u128(COUNTED_BASE | u128::from(n))
            }
        }
    }
}

/// Version 7, variant RFC 9562, all else zero.
const COUNTED_BASE: u128 = 0x0000_0000_0000_7000_8000_0000_0000_0000;

/// A tenant's identity, given once at sign-up and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(pub Uuid);

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TenantId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::from_str(text).map(Self)
    }
}
