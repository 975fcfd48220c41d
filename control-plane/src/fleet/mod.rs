//! The fleet: database servers, ready-made databases, nodes, work orders and the routes feed.
//!
//! Says what should be; what is done to tenants' databases is done by the fleet role of the data plane.
pub mod clusters;
pub mod feed;
pub mod nodes;
pub mod orders;
pub mod ready;
pub mod shares;

use axum::Router;

use crate::App;

/// The doors that nodes knock at.
pub fn node_doors() -> Router<App> {
    nodes::router().merge(feed::router()).merge(orders::router())
}
