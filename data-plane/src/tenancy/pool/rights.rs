//! What this process may use of each server's budget: what it was granted, and at least what is reserved for its node.
use std::collections::{BTreeSet, HashMap};

use hotelhub_protocol::{ClusterId, Share};

/// Who grants counts what is reserved for a node as its own, whether the node is heard of or not: so it may be used at any time, also
/// where nothing was granted yet or less.
#[derive(Default)]
pub(super) struct Rights {
    granted: HashMap<ClusterId, Vec<Share>>,
    reserved: HashMap<ClusterId, Share>,
}

impl Rights {
    /// Takes on what was granted; the servers it is of. One that is not named keeps what it has.
    pub(super) fn grant(&mut self, shares: impl IntoIterator<Item = Share>) -> BTreeSet<ClusterId> {
        let mut granted: HashMap<ClusterId, Vec<Share>> = HashMap::new();
        for share in shares {
            granted.entry(share.cluster.clone()).or_default().push(share);
        }
        let named = granted.keys().cloned().collect();
        self.granted.extend(granted);
        named
    }

    /// Takes on what is reserved, of all servers; those of which it was something else before.
    pub(super) fn reserve(&mut self, shares: impl IntoIterator<Item = Share>) -> BTreeSet<ClusterId> {
        let reserved: HashMap<ClusterId, Share> =
            shares.into_iter().map(|share| (share.cluster.clone(), share)).collect();
        let before = std::mem::replace(&mut self.reserved, reserved);
        let servers = before.keys().chain(self.reserved.keys());
        servers.filter(|server| before.get(server) != self.reserved.get(server)).cloned().collect()
    }

    /// What may be used of a server, per role.
    pub(super) fn of(&self, server: &ClusterId) -> Vec<Share> {
        let mut shares = self.granted.get(server).cloned().unwrap_or_default();
        if let Some(reserved) = self.reserved.get(server) {
            match shares.iter_mut().find(|share| share.role == reserved.role) {
                Some(share) => share.connections = share.connections.max(reserved.connections),
                None => shares.push(reserved.clone()),
            }
        }
        shares
    }

    /// The servers of which there is anything.
    pub(super) fn servers(&self) -> impl Iterator<Item = &ClusterId> {
        self.granted.keys().chain(self.reserved.keys())
    }
}
