//! Tenants' data taken away in one open file: which exports there are, how far they are, when they expire, and how staff and owners fetch
//! them.
//!
//! The fleet role writes a file into the exchange, a store that both planes reach; this plane reads it out to who may have it and removes it
//! after some days. A passphrase never comes here: whoever wants one seals the file where it is fetched.
mod deeds;
mod desk;
mod file;
mod model;
mod owners;
mod reports;
mod store;
#[cfg(test)]
mod tests;
mod view;

pub use desk::doors;
pub use owners::router;
pub use reports::tidy;
pub(crate) use reports::{exported, follow, given_up, reached};
pub(crate) use view::Taken;
pub use view::forms;
