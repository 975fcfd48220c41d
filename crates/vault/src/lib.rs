//! Backups as they lie at rest in a store: a sealed stream, and a manifest that vouches for it.
//!
//! Backups of tenants, base backups of servers and the WAL that servers archive. Each backup has a data key of its own; the manifest carries it, wrapped under the installation's key. What was cut off, changed, swapped
//! or written for another tenant is refused. Nothing here knows a database.
mod base;
mod manifest;
mod place;
mod shelf;
mod stream;
#[cfg(test)]
mod tests;
mod wal;

pub use base::BaseManifest;
pub use manifest::{FORMAT, Manifest, Refused, TableSum};
pub use place::{BasePlace, Place, Server};
pub use shelf::{Digest, Reading, Shelf, Taking, VaultError};
pub use stream::{CHUNK, Opener, Sealer, Spoilt};
pub use wal::{Kept, WalName, WalShelf};
