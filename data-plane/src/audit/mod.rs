//! Who changed what: rows that are only ever added, in the transaction of the change they tell of.
mod model;
mod pages;
mod routes;
mod store;

pub use model::Actor;
#[cfg(test)]
pub(crate) use pages::AuditPage;
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
    pages::pages()
}
