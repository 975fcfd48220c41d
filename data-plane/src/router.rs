//! Every door of a hotel: JSON under `/api/v1` with its schema, pages beside it.
use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;
use crate::{audit, hotel, people, settings};

/// The JSON doors, as they stand under `/api/v1`.
pub fn api() -> OpenApiRouter<Node> {
    OpenApiRouter::new().merge(people::router()).merge(settings::router()).merge(audit::router()).merge(hotel::router())
}

/// The pages, from `/` on.
pub fn pages() -> Router<Node> {
    Router::new().merge(people::pages()).merge(settings::pages()).merge(audit::pages()).merge(hotel::pages())
}

/// Everything a tenant's host answers.
pub fn doors() -> Router<Node> {
    let (api, _) = OpenApiRouter::new().nest("/api/v1", api()).split_for_parts();
    api.merge(pages())
}
