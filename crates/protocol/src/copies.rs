//! What is said of hotels' data that are copied out and filled in: backups, base backups, exports.
use hotelhub_kernel::{Slug, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A backup that was taken, or an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    /// The instant it shows.
    pub taken_at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// The number of the last step of the schema it has; of an export its version.
    pub schema: String,
    /// Rows in it.
    pub rows: u64,
    /// Bytes of it in the store.
    pub stored_bytes: u64,
    /// SHA-256 of these, in hexadecimal.
    pub sha256: String,
}

/// A base backup that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseTaken {
    /// When it was begun, by the server's clock.
    pub began_at: Timestamp,
    /// When it was whole, by the server's clock: no earlier instant can be made of it.
    pub ended_at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// The first file of WAL it needs.
    pub from_wal: String,
    /// The last file of WAL without which it is not whole.
    pub to_wal: String,
    /// Bytes of it in the store.
    pub stored_bytes: u64,
    /// SHA-256 of these, in hexadecimal.
    pub sha256: String,
}

/// A backup that was restored and compared, table by table; or an export that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The version of the hotel schema the database has now.
    pub template: String,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// Rows that were found as they were backed up.
    pub rows: u64,
}

/// What a new database is filled with, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The import's id: its pieces lie under it in the exchange.
    pub import: Uuid,
    /// The pieces of the file, in their order.
    pub pieces: Vec<Uuid>,
    /// Whose house the database is to be.
    pub tenant: TenantId,
    /// That tenant's name in its address.
    pub slug: Slug,
}
