//! What the planes say to one another: the routes feed, work orders, heartbeats. Serde and signatures only; who carries it is not its matter.
//!
//! Everything a node acts on arrives in a [`Signed`] envelope, so that a snapshot from a disk or a peer is as good as one from the control plane.
mod chores;
mod copies;
mod feed;
mod heartbeat;
mod inventory;
mod moves;
mod orders;
mod owners;
mod quarters;
mod reserve;
mod seeds;
mod signed;
#[cfg(test)]
mod tests;

pub use chores::{Chore, Tended};
pub use copies::{Arrival, BackedUp, BaseTaken, Restored};
pub use feed::{
    Change, Cluster, ClusterId, Delta, Deltas, Kept, Limits, Maintenance, Notices, Placement, Route, Snapshot,
    TenantStatus,
};
pub use heartbeat::{
    BeatNumber, ClusterLoad, Copying, Disk, Heartbeat, HeartbeatAnswer, HowFar, Leased, ReadyDatabase, Role, Share,
    Usage,
};
pub use inventory::Inventory;
pub use moves::{MoveStep, Moved, Moving};
pub use orders::{LeaseWish, Migrated, Order, OrderId, Outcome, Recovery, Report, Restoration, Task};
pub use owners::{ExportState, ExportWish, FileWish, OwnersExport};
pub use quarters::{Quarters, is_shared};
pub use reserve::{NodeMark, Reserved};
pub use seeds::{OwnerSeed, TenantSeed};
pub use signed::{BadSignature, FeedKey, FeedVerifier, Signed};

/// The version of this conversation, sent as the header [`VERSION_HEADER`]; a peer that speaks another major version is refused.
pub const VERSION: u32 = 1;

/// The header that carries [`VERSION`].
pub const VERSION_HEADER: &str = "hotelhub-protocol";

/// Where in a store of objects the control plane leaves things for nodes.
pub mod in_store {
    /// What belongs to the routing table.
    pub const ROUTES: &str = "routes";
    /// The table: [`crate::Kept`] as JSON.
    pub const TABLE: &str = "table.json";
}

/// Where nodes knock at the control plane, and at one another.
pub mod paths {
    /// GET: the whole routing table, a [`crate::Signed`] [`crate::Snapshot`].
    pub const SNAPSHOT: &str = "/node/v1/routes/snapshot";
    /// GET with `?since=V&wait_ms=N`: [`crate::Signed`] [`crate::Deltas`] after version V, held open until there is one or the wait is over
    /// (then 204). 410 when V is older than what is kept or newer than what is: take the snapshot.
    pub const DELTAS: &str = "/node/v1/routes/deltas";
    /// POST [`crate::Heartbeat`]: answered by a [`crate::HeartbeatAnswer`].
    pub const HEARTBEAT: &str = "/node/v1/heartbeat";
    /// POST [`crate::LeaseWish`]: a [`crate::Signed`] [`crate::Order`], or 204 when the wait is over.
    pub const LEASE: &str = "/node/v1/orders/lease";
    /// POST [`crate::Report`]: 204; 202 when a switch was heard and not made, so that its writers belong where they were; 409 when the fence
    /// is stale.
    pub const REPORT: &str = "/node/v1/orders/report";
    /// POST [`crate::Inventory`]: 204.
    pub const INVENTORY: &str = "/node/v1/inventory";
    /// POST [`crate::ExportWish`]: the [`crate::OwnersExport`] it became. GET with `?tenant=`: the latest of them that owners of this tenant
    /// asked for, the newest first.
    pub const EXPORTS: &str = "/node/v1/exports";
    /// GET with the query of a [`crate::FileWish`]: the file, from the first byte of a `Range: bytes=N-` on.
    pub const EXPORT_FILE: &str = "/node/v1/exports/file";
    /// GET, at another node: what it has [`crate::Kept`] of the routing table.
    pub const KEPT: &str = "/node/v1/routes/kept";
}
