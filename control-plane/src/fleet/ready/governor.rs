//! How fast databases come and go on each server: as fast as its disk keeps up with their files.
use std::collections::HashMap;

use hotelhub_protocol::{ClusterId, Disk};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;

use super::model::{Strain, may_drop};
use super::store;
use crate::database::{DbError, Tx};
use crate::fleet::nodes;

/// What a node said longer ago says nothing of now.
const HEARD: SignedDuration = SignedDuration::from_mins(1);

/// What the fleet's workers have told of the servers' disks.
pub(crate) struct Governor(HashMap<ClusterId, Disk>);

impl Governor {
    /// Hears what was told last. Of two workers the one that saw the later checkpoint counts, and a server that either saw syncing is.
    pub(crate) async fn listen(pool: &PgPool, now: Timestamp) -> Result<Self, DbError> {
        let nodes = nodes::list(pool).await?;
        let heard = nodes.into_iter().filter(|node| node.is_heard_after(now - HEARD)).filter_map(|node| node.load);
        let mut disks: HashMap<ClusterId, Disk> = HashMap::new();
        for load in heard.flat_map(|beat| beat.clusters) {
            let Some(told) = load.disk else { continue };
            let known = disks.entry(load.cluster).or_insert(told);
            known.settled_at = known.settled_at.max(told.settled_at);
            known.syncing |= told.syncing;
        }
        Ok(Self(disks))
    }

    /// How a server's disk stands; nothing where nobody has looked.
    pub(super) async fn strain(&self, tx: &mut Tx, cluster: &ClusterId) -> Result<Option<Strain>, DbError> {
        let Some(disk) = self.0.get(cluster) else { return Ok(None) };
        let (unsettled, newest) = store::made_since(tx, cluster, disk.settled_at).await?;
        Ok(Some(Strain { syncing: disk.syncing, unsettled, newest }))
    }

    /// Whether something may be dropped on a server now; also where nobody has looked.
    pub(crate) async fn may_drop(&self, tx: &mut Tx, cluster: &ClusterId, now: Timestamp) -> Result<bool, DbError> {
        let Some(strain) = self.strain(tx, cluster).await? else { return Ok(true) };
        let settled_at = self.0.get(cluster).map_or(Timestamp::MIN, |disk| disk.settled_at);
        Ok(may_drop(strain, settled_at, store::last_drop(tx, cluster).await?, now))
    }
}
