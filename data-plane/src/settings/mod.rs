//! What a tenant set, by name.
use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
}

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}
