//! How a server's disk keeps up: a database is hundreds of files, and a checkpoint syncs each of them.
use std::time::Duration;

use hotelhub_protocol::{ClusterId, Disk};
use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::{Admin, Fleet, FleetError, during};

const LOOKING: &str = "looking at the server's disk";

/// In microseconds since 1970; and whether the process that writes checkpoints waits for files to be synced.
/// <https://www.postgresql.org/docs/15/monitoring-stats.html#WAIT-EVENT-TABLE>
const LOOK: &str = "
    select (extract(epoch from checkpoint_time) * 1000000)::int8,
           exists (select from pg_stat_activity
                    where backend_type = 'checkpointer' and wait_event in ('DataFileSync', 'DataFileImmediateSync', 'SLRUSync'))
      from pg_control_checkpoint()";

/// How long a look may take: longer than a connection within the share may be waited for, which tells nothing of the disk.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// A look that goes on until it is answered.
type Looking = JoinHandle<Result<Disk, FleetError>>;

/// What is known of a server's disk.
#[derive(Default)]
pub(super) struct Watched {
    /// What was seen last.
    pub(super) seen: Option<Disk>,
    /// The look that is not answered. While there is one no other begins: each holds a connection until the server answers.
    looking: Option<Looking>,
}

impl Watched {
    /// The look that is not answered, or a new one.
    pub(super) fn begin(&mut self, fleet: &Fleet, cluster: &ClusterId) -> Looking {
        self.looking.take().unwrap_or_else(|| {
            let (fleet, cluster) = (fleet.clone(), cluster.clone());
            tokio::spawn(async move { look(fleet.admin(&cluster)?).await })
        })
    }

    /// Takes down what came of a look. That the worker's own share is in use says nothing of the disk.
    pub(super) fn note(&mut self, answer: Result<Disk, FleetError>) -> Result<(), FleetError> {
        match &answer {
            Ok(disk) => self.seen = Some(*disk),
            Err(FleetError::ShareInUse) => {}
            Err(_) => self.seen = None,
        }
        answer.map(drop)
    }

    /// Takes down that a look was not answered within `limit`. A disk that is slow enough lets nobody in and answers nobody: it does not keep
    /// up, as far as anybody can tell.
    pub(super) fn wait_on(&mut self, looking: Looking, limit: Duration) -> Result<(), FleetError> {
        let settled_at = self.seen.map_or(Timestamp::UNIX_EPOCH, |disk| disk.settled_at);
        self.seen = Some(Disk { settled_at, syncing: true });
        self.looking = Some(looking);
        Err(FleetError::Slow { doing: LOOKING, limit })
    }
}

async fn look(admin: &Admin) -> Result<Disk, FleetError> {
    let lent = admin.lend().await?;
    let row = lent.client().query_one(LOOK, &[]).await.map_err(during(LOOKING))?;
    lent.give_back().await?;
    let settled_at = Timestamp::from_microsecond(row.get(0)).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(Disk { settled_at, syncing: row.get(1) })
}
