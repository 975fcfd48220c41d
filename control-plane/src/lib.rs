//! The control plane: owns tenants, plans, subscriptions, fleet and staff; says what should be.
pub mod audit;
pub mod domains;
pub mod fleet;
pub mod mails;
pub mod plans;
pub mod signup;
pub mod staff;
pub mod subscriptions;
pub mod tenants;
