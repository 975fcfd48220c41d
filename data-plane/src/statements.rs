//! Every SQL statement of every store, for the test that prepares each against a freshly migrated database.
use crate::{fleet, hotel};

/// The statements by capability.
pub fn all() -> Vec<(&'static str, &'static [&'static str])> {
    vec![("fleet", fleet::STATEMENTS), ("hotel", hotel::STATEMENTS)]
}
