//! Nodes: processes of the data plane, known by a bearer token, heard by their heartbeats.
mod bearer;
pub(crate) mod role;
mod routes;
mod store;

pub(crate) use bearer::Caller;
pub use routes::router;
pub use store::{Enrolled, Node, enrol, list, retire};
