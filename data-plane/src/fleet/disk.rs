//! How a server's disk keeps up: a database is hundreds of files, and a checkpoint syncs each of them.
use std::time::Duration;

use hotelhub_protocol::Disk;
use jiff::Timestamp;

use super::{Admin, FleetError, during};

/// In microseconds since 1970; and whether the process that writes checkpoints waits for files to be synced.
/// <https://www.postgresql.org/docs/15/monitoring-stats.html#WAIT-EVENT-TABLE>
const LOOK: &str = "
    select (extract(epoch from checkpoint_time) * 1000000)::int8,
           exists (select from pg_stat_activity
                    where backend_type = 'checkpointer' and wait_event in ('DataFileSync', 'DataFileImmediateSync', 'SLRUSync'))
      from pg_control_checkpoint()";

/// How long a look may take: longer than a connection within the share may be waited for, which tells nothing of the disk.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// Looks once, within `limit`. A disk that is slow enough lets nobody in, and answers nobody.
pub(super) async fn look(admin: &Admin, limit: Duration) -> Result<Disk, FleetError> {
    let slow = FleetError::Slow { doing: "looking at the server's disk", limit };
    tokio::time::timeout(limit, seen(admin)).await.unwrap_or(Err(slow))
}

async fn seen(admin: &Admin) -> Result<Disk, FleetError> {
    let lent = admin.lend().await?;
    let row = lent.client().query_one(LOOK, &[]).await.map_err(during("looking at the server's disk"))?;
    lent.give_back().await?;
    let settled_at = Timestamp::from_microsecond(row.get(0)).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(Disk { settled_at, syncing: row.get(1) })
}
