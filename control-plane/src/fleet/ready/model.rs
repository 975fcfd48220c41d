//! How many databases to keep, and how fast they are made and dropped.
use jiff::{SignedDuration, Timestamp};

/// What a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock {
    /// Ready databases of the current template.
    pub ready: u32,
    /// Databases being made.
    pub preparing: u32,
    /// Databases it may still take.
    pub room: u32,
}

/// Hotels that came to a cluster lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// In the last ten minutes.
    pub ten_minutes: u32,
    /// In the last hour.
    pub hour: u32,
}

/// A stock never grows beyond so many times what is always kept.
const MOST: u32 = 8;

/// How many ready-made databases a cluster should have: what is always kept, and more where hotels come quickly. What comes in half a minute
/// at the present pace is there, with twice its usual spread; what comes after that is made meanwhile.
pub fn wanted(kept: u32, arrivals: Arrivals) -> u32 {
    let a_minute = (f64::from(arrivals.ten_minutes) / 10.0).max(f64::from(arrivals.hour) / 60.0);
    let expected = a_minute / 2.0;
    let mut wanted = kept;
    while f64::from(wanted) < expected + 2.0 * expected.sqrt() && wanted < kept.saturating_mul(MOST) {
        wanted += 1;
    }
    wanted
}

/// How a server's disk stands that databases are made and dropped on. `unsettled` are those made since the last finished checkpoint began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strain {
    /// Whether the server syncs files now.
    pub syncing: bool,
    /// Databases whose files no checkpoint has synced yet.
    pub unsettled: u32,
    /// When the newest of them was begun.
    pub newest: Option<Timestamp>,
}

/// Databases that may be unsettled before the making slows down: some ten thousand files, which a slow disk syncs in a minute.
pub const UNSETTLED: u32 = 64;

/// Databases made at the same time on one server: a clone is a burst of small files, and its tenants feel it.
const AT_ONCE: u32 = 2;

/// From one database to the next where many are unsettled.
const APART: SignedDuration = SignedDuration::from_secs(1);

/// How many more to order now. A disk that falls behind is not given more: a sign-up that finds no database has its own made all the same.
pub fn plan(stock: Stock, wanted: u32, strain: Option<Strain>, now: Timestamp) -> u32 {
    let missing = wanted.saturating_sub(stock.ready).saturating_sub(stock.preparing);
    let at_once = match strain {
        Some(strain) if strain.syncing => 0,
        Some(strain) if strain.unsettled >= UNSETTLED => {
            u32::from(strain.newest.is_none_or(|newest| newest + APART <= now))
        }
        _ => AT_ONCE,
    };
    missing.min(at_once.saturating_sub(stock.preparing)).min(stock.room)
}

/// A drop that took so long, and when it was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drop {
    /// When it was over.
    pub over: Timestamp,
    /// How long the server took for it.
    pub took: SignedDuration,
}

/// After a drop a server rests for so many times what it took: whoever drops is at it a tenth of the time at most.
const REST: i32 = 9;

/// What is unsettled holds a drop up for no longer than this: the drop itself makes the server settle it.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// Whether something may be dropped now. A drop makes Postgres begin a checkpoint and wait for it, so every file that was written anywhere on
/// the server is synced first. `settled_at` is when the last finished checkpoint began.
pub fn may_drop(strain: Strain, settled_at: Timestamp, last: Option<Drop>, now: Timestamp) -> bool {
    let is_rested = last.is_none_or(|last| last.over + last.took * REST <= now);
    let is_settled = strain.unsettled < UNSETTLED || settled_at + PATIENCE <= now;
    !strain.syncing && is_settled && is_rested
}
