//! Who changed what at the vendor: rows that are only ever added, in the transaction of the change.
mod pages;
mod routes;
mod store;

pub(crate) use pages::AuditLine;
pub use pages::{AuditPage, pages};
pub use routes::doors;
pub use store::{Actor, Entry, list, record};
