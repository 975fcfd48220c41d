//! Objects that outlive a machine: in a folder, or in a bucket of an S3 service. An object is there whole or not at all.
//!
//! What an object means, and whether it is believed, is for whoever keeps it; nothing here seals.
mod bucket;
mod folder;
mod origin;
mod store;
#[cfg(test)]
mod tests;

pub use origin::{BadStore, Origin, S3Access};
pub use store::{Reading, Spot, Store, StoreError, Writing};
