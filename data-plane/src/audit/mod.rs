//! Who changed what: rows that are only ever added, in the transaction of the change they tell of.
mod model;
mod routes;
mod store;

pub use model::Actor;
pub(crate) use store::STATEMENTS;
pub use store::record;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    routes::router()
}

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}
