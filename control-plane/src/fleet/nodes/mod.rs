//! Nodes: processes of the data plane, known by a bearer token, heard by their heartbeats.
mod bearer;
mod desk;
pub(crate) mod role;
mod routes;
mod store;

pub(crate) use bearer::Caller;
pub(crate) use desk::Retirement;
pub use desk::doors;
pub(crate) use routes::SILENCE;
pub use routes::router;
pub use store::{Enrolled, Node, enrol, list, retire};
