//! Every door of a hotel: JSON under `/api/v1` with its schema, pages beside it.
use axum::Router;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;
use crate::{audit, hotel, owners_export, people};

/// What the API schema says of itself.
#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "HotelHub, a hotel's doors",
    description = "Every POST needs an Idempotency-Key; refusals are problem details (RFC 9457)."
))]
struct Schema;

/// The JSON doors. Each names its whole path: a nested router would write the address of every request anew.
pub fn api() -> OpenApiRouter<Node> {
    OpenApiRouter::new().merge(people::router()).merge(audit::router()).merge(hotel::router())
}

/// The pages, from `/` on.
pub fn pages() -> Router<Node> {
    Router::new().merge(people::pages()).merge(audit::pages()).merge(owners_export::pages()).merge(hotel::pages())
}

/// Everything a tenant's host answers, and the schema of its JSON doors.
pub fn doors() -> (Router<Node>, OpenApi) {
    let (api, schema) = OpenApiRouter::with_openapi(Schema::openapi()).merge(api()).split_for_parts();
    (api.merge(pages()), schema)
}

/// The schema of the JSON doors.
pub fn schema() -> OpenApi {
    let (_, mut schema) = doors();
    hotelhub_web::schema::complete(&mut schema);
    schema
}
