//! The commands that are clients of this plane's own API: they show a staff token, so that every change is made and noted in one place.
mod backups;
mod chores;
mod client;
mod create;
mod exports;
mod fleet;
mod moves;
mod restore;
mod shown;
mod tenants;
#[cfg(test)]
mod tests;

pub use client::{Failure, Reach};
pub use fleet::{Fleet, fleet};
pub use tenants::{Tenants, tenants};

/// How these commands end, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes: 0 done, 2 wrong usage, 3 not found, 4 refused, 5 the control plane cannot be reached or cannot answer now.

What they need: HOTELHUB_CONTROL_URL and HOTELHUB_STAFF_TOKEN (or …_FILE); `hotelhub-control token mint` makes one.";

/// The same, where something is done at many hotels.
const UNWELL: &str = "\
Exit codes: 0 done, and well at every hotel, 2 wrong usage, 3 not found, 4 refused, 5 the control plane cannot be reached or cannot answer
now, 6 done, but it failed at a hotel, or something was found in one.

What they need: HOTELHUB_CONTROL_URL and HOTELHUB_STAFF_TOKEN (or …_FILE); `hotelhub-control token mint` makes one.";
