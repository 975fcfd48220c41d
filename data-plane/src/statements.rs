//! Every SQL statement of every store, for the test that prepares each against a freshly migrated database.
use crate::{audit, fleet, hotel, notify, people, queue, settings};

/// The statements by capability.
pub fn all() -> Vec<(&'static str, &'static [&'static str])> {
    let mut all = vec![
        ("audit", audit::STATEMENTS),
        ("fleet", fleet::STATEMENTS),
        ("hotel", hotel::STATEMENTS),
        ("notify", notify::STATEMENTS),
        ("queue", queue::STATEMENTS),
        ("settings", settings::STATEMENTS),
    ];
    all.extend([("folios", hotel::folios::STATEMENTS), ("postings", hotel::folios::POSTING_STATEMENTS)]);
    all.extend(people::STATEMENTS.iter().map(|statements| ("people", *statements)));
    all
}
