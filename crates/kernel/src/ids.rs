//! Identifiers: UUIDv7, so that they sort by birth, also those of one moment.
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
    Timed { clock: Clock, entropy: Entropy, newest: Arc<AtomicU64> },
    Counted(Arc<AtomicU64>),
}

impl Ids {
    /// UUIDv7 from the given clock and randomness. Whatever the clock does, each sorts behind all that this and its clones gave before.
    pub fn timed(clock: Clock, entropy: Entropy) -> Self {
        Self(Kind::Timed { clock, entropy, newest: Arc::default() })
    }

    /// 00000000-0000-7000-8000-000000000001, …2, …3: for tests that compare.
    pub fn counted() -> Self {
        Self(Kind::Counted(Arc::new(AtomicU64::new(0))))
    }

    /// An identifier of this moment, in no order with the others of it: for what is many and never sorted.
    pub fn unordered(&self) -> Uuid {
        match &self.0 {
            Kind::Timed { clock, entropy, .. } => {
                let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
                Builder::from_unix_timestamp_millis(millis, &entropy.bytes()).into_uuid()
            }
            Kind::Counted(_) => self.next(),
        }
    }

    /// The next identifier.
    pub fn next(&self) -> Uuid {
        match &self.0 {
            Kind::Timed { clock, entropy, newest } => {
                let place = next_place(newest, u64::try_from(clock.now().as_millisecond()).unwrap_or(0));
                let mut rest: [u8; 10] = entropy.bytes();
                let [.., high, low] = (place % PLACES).to_be_bytes();
                rest[..2].copy_from_slice(&[high, low]);
                Builder::from_unix_timestamp_millis(place / PLACES, &rest).into_uuid()
            }
            Kind::Counted(count) => {
                let n = count.fetch_add(1, Ordering::SeqCst) + 1;
                Uuid::from_u128(COUNTED_BASE | u128::from(n))
            }
        }
    }
}

/// A counter of 12 bits stands behind the millisecond (RFC 9562 §6.2, method 1); one that is full goes on in the next millisecond.
const PLACES: u64 = 1 << 12;

/// The first place of this millisecond, or the one behind the newest.
fn next_place(newest: &AtomicU64, millis: u64) -> u64 {
    let behind = |newest: u64| (millis * PLACES).max(newest + 1);
    let (Ok(before) | Err(before)) = newest.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| Some(behind(now)));
    behind(before)
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
