//! The vendor's people: sign-in with a second factor that nobody goes without, sessions, roles, and who looks after them.
mod act;
mod create;
mod extractor;
mod gate;
mod links;
mod members;
mod pages;
mod routes;
mod sign_in;
mod store;
pub mod tokens;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use act::{Act, Asked, Mode};
pub use create::{Created, create};
pub use extractor::VendorStaff;
pub use gate::Gate;
pub use links::{CodesPage, Invited, LinkPage, Renewed};
pub use members::StaffPage;
pub use pages::{AccountPage, LoginPage};

use crate::App;

/// The pages.
pub(crate) fn pages() -> Router<App> {
    pages::pages().merge(members::pages()).merge(links::pages())
}

/// The JSON doors.
pub(crate) fn doors() -> OpenApiRouter<App> {
    routes::doors().merge(members::doors())
}
