//! What the routing table says is reserved for this node: it lives by at least that, whether anybody hears it or not.
use hotelhub_protocol::{Cluster, Share};

use super::Inner;

impl Inner {
    /// Lives by what the table in use reserves for this node.
    pub(super) fn take_on_reserve(&self) {
        self.parts.pools.reserve(&self.reserved());
    }

    fn reserved(&self) -> Vec<Share> {
        let mine = |server: Cluster| -> Vec<Share> {
            let mine = server.reserved.iter().filter(|reserved| reserved.node == self.mark);
            let share = mine.map(|mine| (server.id.clone(), mine.role, mine.connections));
            share.map(|(cluster, role, connections)| Share { cluster, role, connections }).collect()
        };
        self.parts.directory.clusters().into_iter().flat_map(mine).collect()
    }

    /// Says what a node lives by that nobody hears and that was never granted a share.
    pub(super) fn tell_of_loneliness(&self) {
        if !self.shares().is_empty() {
            return;
        }
        match self.reserved().iter().map(|share| share.connections).max() {
            Some(connections) => {
                tracing::warn!(connections, "nobody grants this node a share: it serves with its reserve")
            }
            None => tracing::error!(
                "nobody grants this node a share, and it knows of no reserve: it opens no connection to a hotel's database"
            ),
        }
    }
}
