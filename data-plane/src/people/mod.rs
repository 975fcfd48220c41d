//! Who may come in: accounts, sessions, login links, passwords, second factors, roles.
//!
//! The rules are `crates/identity`'s; here they meet a tenant's database and its doors.
mod gate;
mod links;
mod model;
mod passwords;
mod second_factor;
mod sessions;
mod users;

pub use gate::Gate;
pub use sessions::{MaybeStaff, Staff};

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
        .merge(sessions::router())
        .merge(users::router())
        .merge(passwords::router())
        .merge(second_factor::router())
}

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}

/// Every statement of this capability's stores.
pub(crate) const STATEMENTS: &[&[&str]] =
    &[links::STATEMENTS, second_factor::STATEMENTS, sessions::STATEMENTS, users::STATEMENTS];
