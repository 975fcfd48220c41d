//! What a tenant set, by name: values that need no table of their own.
mod store;

pub(crate) use store::STATEMENTS;
pub use store::{get, set};

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
