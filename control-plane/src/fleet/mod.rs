//! The fleet: database servers, ready-made databases, nodes, work orders, rollouts, moves, strays and the routes feed.
//!
//! Says what should be; what is done to tenants' databases is done by the fleet role of the data plane.
pub mod chores;
pub mod clusters;
pub mod feed;
mod gauges;
pub mod moves;
pub mod nodes;
pub mod orders;
mod pages;
pub mod ready;
pub mod rollouts;
pub mod shares;
pub mod strays;

pub use gauges::Gauges;
pub use pages::{FleetPage, pages};

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// The doors that nodes knock at.
pub fn node_doors() -> Router<App> {
    nodes::router().merge(feed::router()).merge(orders::router()).merge(strays::router())
}

/// The JSON doors of staff.
pub fn doors() -> OpenApiRouter<App> {
    let of_servers = clusters::doors().merge(strays::doors()).merge(moves::doors());
    orders::doors().merge(nodes::doors()).merge(rollouts::doors()).merge(chores::doors()).merge(of_servers)
}
