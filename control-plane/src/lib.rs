//! The control plane: owns tenants, plans, subscriptions, fleet and staff; says what should be.
mod app;
pub mod audit;
pub mod backups;
pub mod cli;
pub mod commands;
pub mod config;
pub mod database;
pub mod exports;
pub mod fleet;
mod health;
pub mod home;
pub mod imports;
pub mod mails;
pub mod once;
pub mod plans;
pub mod remote;
pub mod router;
pub mod serve;
pub mod signup;
pub mod staff;
pub mod tenants;
mod vendor;
pub mod wakes;
mod work;

pub use app::{App, LOOKS_PER_MINUTE, templates};

/// The vendor's calendar date: its schedules run in Asia/Jakarta.
pub(crate) fn today(clock: &hotelhub_kernel::Clock) -> jiff::civil::Date {
    clock.today(&jiff::tz::TimeZone::get("Asia/Jakarta").unwrap_or(jiff::tz::TimeZone::UTC))
}
