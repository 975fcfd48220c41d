//! Who may come in: accounts, sessions, login links, passwords, second factors, roles.
//!
//! The rules are `crates/identity`'s; here they meet a tenant's database and its doors.
mod account;
mod gate;
mod links;
mod model;
mod passwords;
mod refused;
mod second_factor;
mod sessions;
#[cfg(test)]
mod tests;
mod users;

pub use gate::Gate;
pub(crate) use links::ASKED_FIRST as OWNERS_WAY_IN;
pub use passwords::SendPasswordLink;
use refused::said;
pub(crate) use sessions::ASKED_FIRST as WAY_IN;
pub use sessions::{MaybeStaff, Staff};

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;
use crate::queue::{Handler, Run};

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
        .merge(sessions::pages())
        .merge(links::pages())
        .merge(passwords::pages())
        .merge(account::pages())
        .merge(users::pages())
}

/// The jobs of this capability and who runs them.
pub fn handlers() -> [Handler; 1] {
    [Handler::of(|run: Run, job: SendPasswordLink| async move {
        Ok(passwords::send_password_link(&run.tenant, &job).await?)
    })]
}

/// Every statement of this capability's stores.
pub(crate) const STATEMENTS: &[&[&str]] =
    &[links::STATEMENTS, second_factor::STATEMENTS, sessions::STATEMENTS, users::STATEMENTS];
