//! One tenant as it was at an instant: a base backup unpacked beside, a Postgres of the worker's own brought to that instant by the WAL, and
//! the one database backed up out of it. From there on it is a backup like any other. No other tenant's database is entered.
use hotelhub_kernel::Clock;
use hotelhub_protocol::{BackedUp, ClusterId, Recovery};
use hotelhub_vault::{BasePlace, Place};
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use super::archiving::{server, settle};
use super::side::Side;
use super::{Archive, Taken, back_up, millis_since};
use crate::fleet::database::{DatabaseName, Step};
use crate::fleet::{Admin, FleetError};

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
    // One at a time: each takes as much room as the whole server.
    let _turn = archive.turn.lock().await;
    archive.clear(room).await;
    let wal = archive.shelf.wal(&place.server);
    let lent = admin.lend().await?;
    settle(lent.client(), &wal, cluster).await?;
    lent.give_back().await?;

    let mut side = Side::make(room, manifest.unpacked_bytes)?;
    let made = async {
        side.unpack(archive.shelf.open_base(&place, &manifest).await?).await?;
        Step::Unpack.done(halt)?;
        side.start(&archive.tools, manifest.server_version, wanted.at)?;
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
    let made = made?;
    tracing::info!(tenant = %wanted.tenant, at = %wanted.at, "a hotel is brought to a point in time");
    Ok(BackedUp { took_ms: millis_since(began), ..made })
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
