//! Who changed what at the vendor: rows that are only ever added, in the transaction of the change.
mod store;

pub use store::{Actor, Entry, list, record};
