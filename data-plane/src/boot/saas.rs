//! A node of a control plane: its tenants come with the routing table, its rights with its settings.
use hotelhub_protocol::Role;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Learnt;
use crate::config::Saas;
use crate::node::Node;
use crate::tenancy::{Access, Directory};

/// Nothing yet: the routing table comes off the disk or the line.
pub(super) fn learn(settings: &Saas) -> Learnt {
    Learnt {
        directory: Directory::default(),
        access: Access::Derived(settings.cluster_keys.clone()),
        secret: settings.node_secret.clone(),
        sole: None,
    }
}

/// Takes up the line to the control plane, and the work that this process's roles name.
pub(super) async fn join(
    _node: &Node,
    _settings: &Saas,
    _roles: &[Role],
    _stop: &CancellationToken,
    _tasks: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    Ok(())
}
