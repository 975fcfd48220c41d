//! One tenant as it was at an instant: a base backup unpacked beside, a Postgres of the worker's own brought to that instant by the WAL, and
//! the one database backed up out of it. From there on it is a backup like any other. No other tenant's database is entered.
#[cfg(test)]
mod tests;

use hotelhub_kernel::Clock;
use hotelhub_protocol::{BackedUp, ClusterId, Recovery};
use hotelhub_vault::{BasePlace, Place, WalName, WalShelf};
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use super::archiving::{server, settle};
use super::side::{ENDS_BEFORE, Side};
use super::{Archive, Taken, back_up, millis_since};
use crate::fleet::database::{DatabaseName, Step};
use crate::fleet::{Admin, FleetError};

/// Why there is nothing to follow.
const NO_WAY: &str = "the server has no timeline";

/// Connections to a server of the worker's own: one looks, one dumps.
const OWN: u32 = 4;

/// Makes a backup of a tenant as it was at an instant. It counts when this has ended; whatever happens the server beside is gone then.
pub(in crate::fleet) async fn recover(
    admin: &Admin,
    archive: &Archive,
    (cluster, wanted): (&ClusterId, &Recovery),
    clock: &Clock,
    halt: Option<Step>,
) -> Result<BackedUp, FleetError> {
    let began = Instant::now();
    let name = DatabaseName::parse(&wanted.of)?;
    let place = BasePlace { server: server(cluster)?, base: wanted.base };
    let manifest = archive.shelf.base(&place).await?;
    if manifest.sha256 != wanted.sha256 {
        return Err(FleetError::OtherBackup);
    }
    if wanted.at < manifest.ended_at {
        let whole = format!("{} is before {}, when the base backup was whole", wanted.at, manifest.ended_at);
        return Err(FleetError::Unrecoverable(whole));
    }
    let room = archive.recovery.as_deref().ok_or(FleetError::NoArchive)?;
    let turn = archive.turn().await;
    archive.clear(room, &turn).await;
    let wal = archive.shelf.wal(&place.server);
    let lent = admin.lend().await?;
    let newest = settle(lent.client(), &wal, cluster).await?;
    lent.give_back().await?;

    let mut timelines = timelines(&wal, &manifest.from_wal, &newest).await?.into_iter().peekable();
    let made = loop {
        let Some(timeline) = timelines.next() else { return Err(FleetError::Unrecoverable(NO_WAY.to_owned())) };
        let mut side = Side::make(room, manifest.unpacked_bytes, turn.clone())?;
        let made = async {
            side.unpack(archive.shelf.open_base(&place, &manifest).await?).await?;
            Step::Unpack.done(halt)?;
            side.start(&archive.tools, manifest.server_version, (wanted.at, timeline))?;
            side.reach(&wal).await?;
            Step::Rewind.done(halt)?;
            let own = Admin::new(cluster, side.config(admin.config().get_user()), admin.keys().clone());
            own.grant(OWN);
            let place = Place { tenant: wanted.tenant, backup: wanted.backup };
            let taken = Taken { shows: Some(wanted.at), clock };
            back_up(&own, archive, &name, place, &taken, halt).await.map_err(|error| explained(error, wanted))
        };
        let made = made.await;
        if matches!(made, Err(FleetError::Halted)) {
            side.abandon();
        } else {
            side.clear().await;
        }
        match made {
            // The server was on the next one by then: begun anew, for what is behind the branch was replayed.
            Err(error) if ends_before(&error) && timelines.peek().is_some() => {
                tracing::info!(timeline, at = %wanted.at, "a timeline of the server ends before the instant");
            }
            made => break made?,
        }
    };
    tracing::info!(tenant = %wanted.tenant, at = %wanted.at, "a hotel is brought to a point in time");
    Ok(BackedUp { took_ms: millis_since(began), ..made })
}

/// The timelines of a server on which an instant may lie: the base backup's own first, then each that branched off from the one before, up to
/// the one the server is on now. The first that goes on after the instant is the one that was lived on then: a later one may have branched
/// off before the instant, when the server was taken back, and does not know what was written since.
async fn timelines(wal: &WalShelf, base: &str, newest: &str) -> Result<Vec<u32>, FleetError> {
    let timeline = |name: &str| {
        let digits = name.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        digits.ok_or_else(|| FleetError::Unrecoverable(format!("`{name}` is no name of a file of WAL")))
    };
    let (base, newest) = (timeline(base)?, timeline(newest)?);
    if base == newest {
        return Ok(vec![base]);
    }
    let name: WalName = format!("{newest:08X}.history").parse().map_err(FleetError::Unrecoverable)?;
    let missing =
        || FleetError::NotArchived(format!("{name}, the history of the server's timeline, is not in the store"));
    let history = wal.fetch(&name).await?.ok_or_else(missing)?;
    Ok(from_on(base, newest, &String::from_utf8_lossy(&history)))
}

/// The timelines of a history from one on. One that is not in it was left by going back behind it: only what it has itself is known.
/// <https://www.postgresql.org/docs/15/continuous-archiving.html#BACKUP-TIMELINES>
fn from_on(base: u32, newest: u32, history: &str) -> Vec<u32> {
    let before = history.lines().filter_map(|line| line.split_whitespace().next()?.parse::<u32>().ok());
    let lineage: Vec<u32> = before.chain([newest]).skip_while(|timeline| *timeline != base).collect();
    if lineage.is_empty() { vec![base] } else { lineage }
}

/// Whether a recovery failed because its timeline has nothing after the instant.
fn ends_before(error: &FleetError) -> bool {
    matches!(error, FleetError::Unrecoverable(said) if said.contains(ENDS_BEFORE))
}

/// What there is at that instant cannot be changed by trying again.
fn explained(error: FleetError, wanted: &Recovery) -> FleetError {
    let (of, at) = (&wanted.of, wanted.at);
    match error {
        FleetError::Taken { owner } => {
            FleetError::Unrecoverable(format!("at {at} the database {of} belonged to {owner}"))
        }
        error if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {
            FleetError::Unrecoverable(format!("at {at} the database {of} was not on this server"))
        }
        error => error,
    }
}
