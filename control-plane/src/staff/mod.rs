//! The vendor's people: sign-in with a second factor that nobody goes without, sessions, roles.
mod create;
mod extractor;
mod gate;
mod pages;
mod routes;
mod sign_in;
mod store;

pub use create::{Created, create};
pub use extractor::VendorStaff;
pub use gate::Gate;
pub(crate) use pages::pages;
pub use pages::{AccountPage, LoginPage};
pub(crate) use routes::doors;
