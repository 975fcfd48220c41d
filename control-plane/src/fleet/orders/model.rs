//! When an order is tried again, and when staff must look.
use std::time::Duration;

use hotelhub_kernel::{Backoff, Entropy};
use jiff::{SignedDuration, Timestamp};

/// How often an order is tried before it is shown to staff.
pub const ATTEMPTS: i16 = 8;

/// How long a worker may keep an order without a word.
pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// How long it may keep one for tenants' databases that are served meanwhile: their tables may be in use.
pub(super) const LONG_LEASE: SignedDuration = SignedDuration::from_mins(5);

/// How long it may keep one about a backup or a chore: a large hotel takes a while, and a worker that starts anew lets go of it at once. One
/// about a copy that goes on is leased on; one that hangs is another's after this.
pub(super) const LONGEST_LEASE: SignedDuration = SignedDuration::from_mins(60);

/// A lease that is longer than this is not renewed: that would be written at every heartbeat.
pub(super) const FRESH: SignedDuration = SignedDuration::from_mins(55);

/// The kinds of orders that only a worker with a store of backups is given.
pub(super) const COPYING: [&str; 8] = [
    "back_up_tenant",
    "restore_tenant",
    "prune_backups",
    "take_base",
    "recover_tenant",
    "prune_bases",
    "export_tenant",
    "import_tenant",
];

/// The kinds of orders that every worker knows, also one of the release before.
pub(super) const OLD: [&str; 8] = [
    "prepare_database",
    "create_tenant",
    "drop_database",
    "drop_template",
    "migrate_databases",
    "back_up_tenant",
    "restore_tenant",
    "prune_backups",
];

/// The kinds of orders that only a worker with access to both servers is given.
pub(super) const MOVING: [&str; 4] = ["copy_tenant", "switch_tenant", "clear_move", "undo_move"];

const PAUSES: Backoff = Backoff { base: Duration::from_millis(500), ceiling: Duration::from_secs(60) };

/// When to try again after the attempt number `attempts` failed; nothing when it was the last.
pub fn after_failure(attempts: i16, now: Timestamp, entropy: &Entropy) -> Option<Timestamp> {
    if attempts >= ATTEMPTS {
        return None;
    }
    let pause = PAUSES.after(u32::try_from(attempts).unwrap_or(1), entropy);
    now.checked_add(pause).ok()
}

/// What is kept of a reason, in characters.
pub(super) const LONGEST_REASON: usize = 2_000;
