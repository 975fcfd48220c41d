//! The data plane: a node resolves the tenant of each request, pools the tenants' databases and runs the products on them.
pub mod audit;
pub mod boot;
pub mod config;
pub mod edge;
mod exports;
pub mod fleet;
pub mod hotel;
pub mod link;
pub mod node;
pub mod notify;
pub mod people;
mod progress;
pub mod queue;
pub mod router;
pub mod statements;
pub mod templates;
pub mod tenancy;
pub mod work;
