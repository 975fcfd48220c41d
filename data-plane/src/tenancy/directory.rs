//! Who lives where: the routing table as this node holds it.
use std::sync::Arc;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::Route;

/// One tenant as this node knows it.
pub struct TenantEntry {
    /// What the control plane says of it.
    pub route: Route,
}

/// The routing table.
#[derive(Clone, Default)]
pub struct Directory;

impl Directory {
    /// The tenant at a host, which is in lower case and without port.
    pub fn by_host(&self, _host: &str) -> Option<Arc<TenantEntry>> {
        None
    }

    /// The tenant of an id.
    pub fn by_id(&self, _tenant: TenantId) -> Option<Arc<TenantEntry>> {
        None
    }
}
