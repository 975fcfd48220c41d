//! What a node says every few seconds, and what it hears.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ClusterId, OrderId};

/// What a process of the data plane does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers guests and staff.
    Serve,
    /// Runs queues and schedules.
    Work,
    /// Creates and changes tenant databases.
    Fleet,
}

/// How a node uses one Postgres server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterLoad {
    /// The server.
    pub cluster: ClusterId,
    /// Connections open now.
    pub open: u32,
    /// The share it lives by now, per role: what it was last granted and has taken on.
    pub holding: Vec<Share>,
    /// What it would have used since it said so before, had it had it, per role: what is open and what was waited for, at the most. A
    /// share that is not wanted is lent to others.
    #[serde(default)]
    pub wanted: Vec<Share>,
    /// The template the fleet role clones from, when it has one frozen on this server: the version of the hotel schema.
    pub template: Option<String>,
    /// Older templates that lie there still.
    #[serde(default)]
    pub old_templates: Vec<String>,
    /// Whether the fleet role has a store of backups.
    #[serde(default)]
    pub keeps_backups: bool,
    /// Whether the fleet role has seen that the server archives its WAL, and that it does not fail.
    #[serde(default)]
    pub archives_wal: bool,
    /// How its disk keeps up, where the fleet role has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
}

/// How a server's disk keeps up with the files that a new database leaves to be synced, and that every drop waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// When the checkpoint began that was finished last: what was made before it is on the disk.
    pub settled_at: Timestamp,
    /// Whether the server was just syncing files.
    pub syncing: bool,
}

/// A part of a server's connection budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The server.
    pub cluster: ClusterId,
    /// For which work.
    pub role: Role,
    /// How many connections at most.
    pub connections: u32,
}

/// What a node has of hotels and how much of it is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Hotels in the routing table it serves by.
    pub hotels_known: u64,
    /// Hotels it has a pool open for.
    pub hotels_open: u64,
    /// Connections lent to a request or a job now.
    pub connections_lent: u64,
    /// Hotels whose jobs are due and wait for their turn or are just being run.
    pub hotels_waiting: u64,
    /// Jobs given up since it started.
    pub jobs_failed: u64,
}

/// Which beat it is. One that was sent earlier may come later: it must change nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeatNumber {
    /// The start of the process, as the control plane numbered it; 0 until it has.
    pub start: u64,
    /// Counts up with each beat of the process.
    pub beat: u64,
}

/// A sign of life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The program's version.
    pub version: String,
    /// What this process does.
    pub roles: Vec<Role>,
    /// When it started: a change tells a restart.
    pub started_at: Timestamp,
    /// The version of the routing table it serves by.
    pub routes_version: u64,
    /// Requests answered since it started.
    pub requests_total: u64,
    /// Resident memory, in bytes.
    pub resident_bytes: u64,
    /// What it has of hotels.
    #[serde(default)]
    pub usage: Usage,
    /// Per server.
    pub clusters: Vec<ClusterLoad>,
    /// The orders about copies that it carries out now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copying: Vec<Copying>,
    /// Which beat it is; absent where the node does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<BeatNumber>,
}

/// An order about a copy that is being carried out: one that goes on is leased on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copying {
    /// Which.
    pub order: OrderId,
    /// The fence it was leased with.
    pub fence: u64,
    /// Whether anything of it was done lately.
    pub goes_on: bool,
    /// How far it is; absent where that is not counted, or not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how_far: Option<HowFar>,
}

/// How far a copy is, table by table, of what one snapshot holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HowFar {
    /// Tables that are through.
    pub tables_done: u32,
    /// Tables in all.
    pub tables: u32,
    /// Rows that are through.
    pub rows_done: u64,
    /// Rows in all.
    pub rows: u64,
    /// Bytes written of the file.
    pub bytes: u64,
}

/// Until when an order is leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leased {
    /// Which.
    pub order: OrderId,
    /// The fence it was leased with.
    pub fence: u64,
    /// After this instant the order may be another's.
    pub until: Timestamp,
}

/// What the control plane answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatAnswer {
    /// The shares to live by from now on; a node that hears nothing keeps its own.
    pub shares: Vec<Share>,
    /// When to come again, in milliseconds.
    pub again_in_ms: u64,
    /// The ready-made databases that are given away next, the oldest first; for the fleet role.
    #[serde(default)]
    pub next: Vec<ReadyDatabase>,
    /// Of the orders that the node said it carries out, those that are still leased to it; an order that is not among them is not wanted of
    /// it any more. Absent where the control plane does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leases: Option<Vec<Leased>>,
    /// The number of this start, where the beat named another or none: it changed nothing, and what is answered to it is not lived by. The
    /// node comes again at once with this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u64>,
}

/// A database that waits for its tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyDatabase {
    /// On which server.
    pub cluster: ClusterId,
    /// Its name and its role's name.
    pub database: String,
}
