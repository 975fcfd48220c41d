//! One tenant as it was at an instant: a base backup unpacked beside, a Postgres of the worker's own brought to that instant by the WAL, and
//! the one database backed up out of it. From there on it is a backup like any other. No other tenant's database is entered.
#[cfg(test)]
mod tests;

use hotelhub_kernel::Clock;
use hotelhub_protocol::{BackedUp, ClusterId, Recovery};
use hotelhub_vault::{BasePlace, Place, WalShelf};
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use super::archiving::{server, settle};
use super::side::{ENDS_BEFORE, Side};
use super::timelines::{Timelines, of_file};
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
    let timelines = timelines(admin, &wal, (cluster, wanted), &manifest.from_wal).await?;
    let mut in_order = timelines.in_order().peekable();
    let made = loop {
        let Some(timeline) = in_order.next() else { return Err(FleetError::Unrecoverable(NO_WAY.to_owned())) };
        let mut side = Side::make(room, manifest.unpacked_bytes, turn.clone())?;
        let made = async {
            side.unpack(archive.shelf.open_base(&place, &manifest).await?).await?;
            Step::Unpack.done(halt)?;
            side.start(&archive.tools, manifest.server_version, (wanted.at, timeline))?;
            side.reach(&wal).await?;
            timelines.must_be_one(side.stopped()?)?;
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
            Err(error) if ends_before(&error) && in_order.peek().is_some() => {
                tracing::info!(timeline, at = %wanted.at, "a timeline of the server ends before the instant");
            }
            made => break made?,
        }
    };
    tracing::info!(tenant = %wanted.tenant, at = %wanted.at, "a hotel is brought to a point in time");
    Ok(BackedUp { took_ms: millis_since(began), ..made })
}

/// The timelines that may lead to the instant. The server brings its WAL up to now into the store, unless that is all there is of it.
async fn timelines(
    admin: &Admin,
    wal: &WalShelf,
    (cluster, wanted): (&ClusterId, &Recovery),
    from_wal: &str,
) -> Result<Timelines, FleetError> {
    let base = of_file(from_wal)?;
    if wanted.store_alone {
        let kept = wal.timelines().await?;
        return match wanted.timeline {
            Some(chosen) => Ok(Timelines::only(chosen)),
            None => {
                let found = Timelines::look(wal, base, kept.last().copied().unwrap_or(base)).await?;
                found.must_be_all_of(&kept).map(|()| found)
            }
        };
    }
    let lent = admin.lend().await?;
    let newest = of_file(&settle(lent.client(), wal, cluster).await?)?;
    lent.give_back().await?;
    match wanted.timeline {
        Some(chosen) => Ok(Timelines::only(chosen)),
        None => Timelines::look(wal, base, newest).await,
    }
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
