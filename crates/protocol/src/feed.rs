//! The routing table of the whole house, as a snapshot and as deltas. It holds no secret: passwords derive from keys that nodes were given.
use std::fmt;

use hotelhub_kernel::{Host, Slug, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Quarters, Reserved, Signed};

/// The name of a Postgres server of ours: short, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClusterId(pub String);

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A Postgres server: where it listens, and what of its budget is reserved for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its name.
    pub id: ClusterId,
    /// Its address as nodes reach it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What is reserved for single nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved: Vec<Reserved>,
}

/// What a tenant is to the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    /// In its trial: served in full.
    Trial,
    /// Paying: served in full.
    Active,
    /// Unpaid: what lands a guest safely goes on, new business is refused.
    Suspended,
    /// Gone: nothing runs.
    Churned,
}

/// Where a tenant's data lies. A change of any field is a new `generation`, and a new pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The server.
    pub cluster: ClusterId,
    /// The database on it.
    pub database: String,
    /// The schema in it that is the tenant's, where others share the database; absent where it is the tenant's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The login role that may connect to this database and no other; its password derives from the cluster's key.
    pub role: String,
    /// Counts up with each move or migration.
    pub generation: u32,
}

impl Placement {
    /// The placement in [`Quarters`] of this name; nothing where it is no such name.
    pub fn at(cluster: ClusterId, quarters: &str, generation: u32) -> Option<Self> {
        let place = Quarters::parse(quarters)?;
        let schema = matches!(place, Quarters::Schema { .. }).then(|| place.schema().to_owned());
        Some(Self { cluster, database: place.database().to_owned(), schema, role: place.role().to_owned(), generation })
    }

    /// The name of its [`Quarters`].
    pub fn quarters(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{schema}", self.database),
            None => self.database.clone(),
        }
    }
}

/// What the plan allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Connections a node opens at most for this tenant.
    pub connections: u16,
    /// Rooms the subscription covers.
    pub rooms: u32,
    /// Staff accounts; absent where the plan sets no limit.
    pub users: Option<u32>,
}

/// What the vendor has to say to a hotel's people and guests. Nothing, where the hotel is served in full.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// Why the hotel is suspended, for its own people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspension: Option<String>,
    /// While it is there nobody is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<Maintenance>,
}

impl Notices {
    /// Whether there is nothing to say.
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A hotel that is closed for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// Why, for whoever comes meanwhile.
    pub text: String,
    /// When it is expected to end; it ends when the vendor says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// All a node needs to serve a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Whose.
    pub tenant: TenantId,
    /// Its name in its address.
    pub slug: Slug,
    /// The hotel's name, for pages that are shown before its database is asked.
    pub name: String,
    /// Every host it is served at.
    pub hosts: Vec<Host>,
    /// What it is to the vendor.
    pub status: TenantStatus,
    /// Where its data lies.
    pub placement: Placement,
    /// What its plan allows.
    pub limits: Limits,
    /// Features its plan or the vendor switched on, sorted.
    pub features: Vec<String>,
    /// What its people and guests are told.
    #[serde(default, skip_serializing_if = "Notices::is_empty")]
    pub notices: Notices,
}

/// The whole routing table at one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Counts up by one with each change; never reused, never goes back.
    pub version: u64,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// How many times a tenant has left since the first version. A table that lacks more tenants than have left since another one has
    /// lost them.
    #[serde(default)]
    pub departed: u64,
    /// The servers the routes name.
    pub clusters: Vec<Cluster>,
    /// Every tenant that is not gone.
    pub routes: Vec<Route>,
}

/// One change of the routing table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A tenant is new or changed: the whole route, so that applying it twice is the same.
    Route(Box<Route>),
    /// A tenant is gone.
    Gone {
        /// Whose.
        tenant: TenantId,
    },
    /// A server is new or moved, or something else of it is reserved.
    Cluster(Cluster),
}

/// One change and the version it makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// The version of the table after this change.
    pub version: u64,
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
}

/// Changes in a row, without a gap: they fit on a table of version `since`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deltas {
    /// The version they fit on.
    pub since: u64,
    /// In order; the first has version `since + 1`.
    pub deltas: Vec<Delta>,
}

/// What a node has kept of the feed, as it hands it to another node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// A [`Snapshot`].
    pub snapshot: Signed,
    /// The [`Deltas`] that came since, in their order.
    pub deltas: Vec<Signed>,
}
