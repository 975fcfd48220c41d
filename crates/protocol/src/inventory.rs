//! What lies on a server, as the fleet role sees it.
use serde::{Deserialize, Serialize};

use crate::ClusterId;

/// The tenant databases and login roles of one server, whoever knows of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The server.
    pub cluster: ClusterId,
    /// Databases that have a tenant database's name.
    pub databases: Vec<String>,
    /// Login roles that have one.
    pub roles: Vec<String>,
    /// Databases that have the name of one that tenants share.
    #[serde(default)]
    pub shared: Vec<String>,
    /// Databases that have a tenant database's name and whose log a replication slot keeps.
    #[serde(default)]
    pub slots: Vec<String>,
    /// Of those that tenants share, the ones that could not be looked into: nothing is known of what lies there.
    #[serde(default)]
    pub unread: Vec<String>,
}
