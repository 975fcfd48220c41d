//! Backups as they lie at rest: a sealed stream, a manifest that vouches for it, and the store that keeps both.
//!
//! Each backup has a data key of its own; the manifest carries it, wrapped under the installation's key. What was cut off, changed, swapped
//! or written for another tenant is refused. Nothing here knows a database.
mod manifest;
mod shelf;
mod store;
mod stream;
#[cfg(test)]
mod tests;

pub use manifest::{FORMAT, Manifest, Refused, TableSum};
pub use shelf::{Digest, Reading, Shelf, Taking, VaultError};
pub use store::{Place, Store, StoreError};
pub use stream::{CHUNK, Opener, Sealer, Spoilt};
