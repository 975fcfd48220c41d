//! Strays: databases and roles that lie on a server and nobody knows of, and those that should lie there and do not.
//!
//! Fleet workers list what they see; what the central database says otherwise is shown to staff once it was seen twice, some minutes apart, and
//! by every inventory in between.
mod desk;
mod model;
mod routes;
mod store;
#[cfg(test)]
mod tests;

pub(super) use desk::Disposal;
pub use desk::doors;
pub use model::{Kind, MISSED_FOR, Recorded, SEEN_FOR, Stray, find};
pub use routes::router;
pub use store::Listed;
pub(super) use store::{count, list};
