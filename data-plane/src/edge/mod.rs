//! The listener's door: limits, the Host header parsed once, health before any tenant.
mod health;

use axum::Router;
use hotelhub_web::{AppError, Front, Kind};

pub(crate) use self::health::STATEMENTS;
pub use self::health::health;
use crate::node::Node;
use crate::{router, tenancy};

/// Everything that the public listener answers.
pub fn app(node: &Node) -> Router {
    let (doors, _) = router::doors();
    let tenants = doors
        .fallback(async || AppError::new(Kind::NotFound, "not-found", "There is nothing at this address."))
        .layer(tenancy::resolve(node))
        .with_state(node.clone());
    let mut front =
        Front::new(node.ids.clone(), node.metrics.clone(), node.templates.clone(), node.settings.public_scheme);
    front.trusted_proxies.clone_from(&node.settings.trusted_proxies);
    front.around(health(node).router().merge(tenants))
}
