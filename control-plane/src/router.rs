//! Every door of the control plane.
use axum::Router;
use hotelhub_web::{Doors, Entrance, Front};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{App, audit, backups, exports, fleet, health, home, imports, signup, staff, tenants};

/// What the API schema says of itself.
#[derive(OpenApi)]
#[openapi(info(title = "HotelHub control plane", description = "What the vendor's house answers to programs."))]
struct Schema;

/// Machines that show a token instead of a cookie.
const MACHINES: &[&str] = &["/node/v1/"];

fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Schema::openapi())
        .merge(signup::doors())
        .merge(staff::doors())
        .merge(tenants::doors())
        .merge(backups::doors())
        .merge(exports::doors())
        .merge(imports::doors())
        .merge(fleet::doors())
        .merge(audit::doors())
}

fn pages() -> Router<App> {
    home::pages()
        .merge(signup::pages())
        .merge(staff::pages())
        .merge(tenants::pages())
        .merge(backups::forms())
        .merge(exports::forms())
        .merge(fleet::pages())
        .merge(audit::pages())
}

/// The API schema.
pub fn schema() -> utoipa::openapi::OpenApi {
    let (_, mut schema) = doors().split_for_parts();
    hotelhub_web::schema::complete(&mut schema);
    schema
}

/// Everything behind its front layer.
pub fn router(app: &App) -> Entrance {
    let (doors, _) = doors().split_for_parts();
    let of_nodes = fleet::node_doors().merge(exports::router());
    let router = doors.merge(pages()).merge(of_nodes).with_state(app.clone()).merge(health::of(app).router());
    let settings = &app.settings;
    let mut front = Front::new(app.ids.clone(), app.metrics.clone(), app.templates.clone(), settings.scheme);
    front.trusted_proxies.clone_from(&settings.trusted_proxies);
    front.machine_paths = MACHINES;
    front.around(Doors::of(router))
}
