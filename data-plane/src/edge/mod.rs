//! The listener's door: limits, the Host header parsed once, health before any tenant.
mod health;

use hotelhub_web::{AppError, Doors, Entrance, Front, Kind};

pub(crate) use self::health::STATEMENTS;
pub use self::health::health;
use crate::node::Node;
use crate::{router, tenancy};

/// Everything that the public listener answers.
pub fn app(node: &Node) -> Entrance {
    let (doors, _) = router::doors();
    let tenants = doors
        .fallback(async || AppError::new(Kind::NotFound, "not-found", "There is nothing at this address."))
        .with_state(node.clone());
    let mut front =
        Front::new(node.ids.clone(), node.metrics.clone(), node.templates.clone(), node.settings.public_scheme);
    front.trusted_proxies.clone_from(&node.settings.trusted_proxies);
    front.around(Doors::of(health(node).router()).merge(Doors::behind(tenancy::resolve(node), tenants)))
}
