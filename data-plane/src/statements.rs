//! Every SQL statement of every store, for the test that prepares each against a freshly migrated database.
use crate::{audit, boot, edge, exports, fleet, hotel, notify, people, queue, tenancy};

/// What the first guests of a fresh hotel make a connection ask: the owner's way in, and the hotel itself.
pub(crate) const ASKED_FIRST: &[&[&str]] = &[people::OWNERS_WAY_IN, people::WAY_IN, &[hotel::properties::THE_ONE]];

/// The statements by capability.
pub fn all() -> Vec<(&'static str, &'static [&'static str])> {
    let mut all = vec![
        ("audit", audit::STATEMENTS),
        ("boot", boot::STATEMENTS),
        ("edge", edge::STATEMENTS),
        ("exports", exports::STATEMENTS),
        ("fleet", fleet::STATEMENTS),
        ("backups", fleet::BACKUP_STATEMENTS),
        ("chores", fleet::CHORE_STATEMENTS),
        ("moves", fleet::MOVE_STATEMENTS),
        ("hotel", hotel::STATEMENTS),
        ("rules", hotel::RULE_STATEMENTS),
        ("notify", notify::STATEMENTS),
        ("queue", queue::STATEMENTS),
        ("tenancy", tenancy::STATEMENTS),
    ];
    all.extend([("folios", hotel::folios::STATEMENTS), ("postings", hotel::folios::POSTING_STATEMENTS)]);
    all.extend([("front desk", hotel::front_desk::STATEMENTS), ("overview", hotel::front_desk::OVERVIEW_STATEMENTS)]);
    all.extend([
        ("properties", hotel::properties::STATEMENTS),
        ("night audit", hotel::night_audit::STATEMENTS),
        ("availability", hotel::availability::STATEMENTS),
        ("guests", hotel::guests::STATEMENTS),
    ]);
    all.extend(hotel::reservations::STATEMENTS.iter().map(|statements| ("reservations", *statements)));
    all.extend(hotel::rooms::STATEMENTS.iter().map(|statements| ("rooms", *statements)));
    all.extend(hotel::rates::STATEMENTS.iter().map(|statements| ("rates", *statements)));
    all.extend(people::STATEMENTS.iter().map(|statements| ("people", *statements)));
    all
}
