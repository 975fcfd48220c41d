//! Who belongs to the vendor's staff, with which role, and who may still sign in.
mod change;
mod model;
mod pages;
mod routes;
mod store;

pub(crate) use model::Refusal;
pub use pages::StaffPage;
pub(crate) use pages::pages;
pub(crate) use routes::doors;
