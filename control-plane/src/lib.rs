//! The control plane: owns tenants, plans, subscriptions, fleet and staff; says what should be.
mod app;
pub mod audit;
pub mod cli;
pub mod commands;
pub mod config;
pub mod database;
pub mod domains;
pub mod fleet;
pub mod mails;
pub mod plans;
pub mod router;
pub mod serve;
pub mod signup;
pub mod staff;
pub mod subscriptions;
pub mod tenants;
pub mod wakes;
mod work;

pub use app::App;
