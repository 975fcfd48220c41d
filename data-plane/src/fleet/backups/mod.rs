//! Backups of tenants' databases: written by `pg_dump` through a seal into the store, and filled back into new databases by `pg_restore`.
//!
//! What a backup holds is summed table by table in the very snapshot that is dumped; a database that was restored is compared with these sums
//! before anybody is let in.
//!
//! A whole server is copied by `pg_basebackup`, and its WAL kept as it archives it: out of both one tenant is brought to any instant since.
pub mod archiving;
pub(super) mod base;
mod feeder;
mod passage;
mod recover;
mod remains;
mod restore;
mod side;
mod sums;
mod timelines;
mod tools;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotelhub_kernel::{Clock, TenantId};
use hotelhub_protocol::{BackedUp, ClusterId, Outcome, Quarters, Restoration};
use hotelhub_vault::{BasePlace, FORMAT, Manifest, Place, Shelf, VaultError, WalName};
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_postgres::Client;
use uuid::Uuid;

pub(super) use recover::recover;
pub(super) use sums::{difference, sums};

use self::remains::Turn;
use self::restore::{Hands, restore};
use self::tools::{Login, Tools};
use super::database::{DatabaseName, Step};
use super::retire::{self, WHOSE_HOUSE};
use super::{Admin, Fleet, FleetError, Parts, during, filling, keys};
use crate::exports::SETTLE_DOWN;

const LAST_STEP: &str = "select coalesce(max(number), 0) from schema_steps";
const EXPORT: &str = "select pg_export_snapshot()";
const SERVER_VERSION: &str = "select current_setting('server_version_num')::int";

/// All that is said to a database that is backed up or restored.
pub(crate) const STATEMENTS: &[&str] = &[
    WHOSE_HOUSE,
    LAST_STEP,
    EXPORT,
    SERVER_VERSION,
    sums::TABLES,
    filling::ROLE,
    filling::MARK,
    filling::SCHEMA_MARK,
    restore::END_SESSIONS,
    restore::END_LINKS,
    restore::MOVE_HOUSE,
    restore::DROP_JOBS,
    restore::DROP_LETTERS,
    restore::DROP_ANSWERS,
    restore::NOTE,
    archiving::ARCHIVES,
    archiving::COMMIT,
    archiving::SWITCH,
    base::ABOUT,
    base::SERVERS_CLOCK,
];

/// Every value written the same way on every server, for as long as the connection lasts.
pub(super) const WRITE_ALIKE: &str = "
    set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set extra_float_digits = 1; set bytea_output = 'hex'";

/// Where backups are kept, and the programs that write and read them.
#[derive(Clone)]
pub struct Archive {
    shelf: Shelf,
    tools: Tools,
    /// Where servers beside are made.
    recovery: Option<PathBuf>,
    /// Whose turn it is to make one.
    turn: Arc<Mutex<()>>,
}

impl Archive {
    /// Backups on this shelf. `programs` is the folder of `pg_dump` and `pg_restore`; where there is none they are looked for, in the
    /// server's own version.
    pub fn new(shelf: Shelf, programs: Option<PathBuf>) -> Self {
        Self { shelf, tools: Tools::in_folder(programs), recovery: None, turn: Arc::default() }
    }

    /// Brings hotels to a point in time in this folder.
    #[must_use]
    pub fn recovering_in(self, folder: PathBuf) -> Self {
        Self { recovery: Some(folder), ..self }
    }

    /// Clears what a killed worker left of recoveries.
    pub(super) async fn clear_leftovers(&self) {
        let Some(room) = &self.recovery else { return };
        self.clear(room, &self.turn().await).await;
    }

    /// Waits until nobody has a server beside: each takes as much room as the whole server.
    async fn turn(&self) -> Turn {
        Arc::new(self.turn.clone().lock_owned().await)
    }

    /// Stops and removes what lies in this folder and is nobody's: for whose turn it is, which is not over before that has ended.
    async fn clear(&self, room: &Path, turn: &Turn) {
        let (room, turn) = (room.to_owned(), turn.clone());
        let clearing = tokio::task::spawn_blocking(move || {
            remains::clear_leftovers(&room);
            drop(turn);
        });
        let _ = clearing.await;
    }

    /// Removes base backups of a server, and the WAL before `first`.
    pub(super) async fn remove_bases(
        &self,
        cluster: &ClusterId,
        bases: &[Uuid],
        first: Option<&str>,
    ) -> Result<(), FleetError> {
        let server = archiving::server(cluster)?;
        for &base in bases {
            self.shelf.remove_base(&BasePlace { server: server.clone(), base }).await?;
        }
        if let Some(first) = first {
            let first: WalName = first.parse().map_err(FleetError::Unrecoverable)?;
            let removed = self.shelf.wal(&server).remove_before(&first).await?;
            tracing::info!(cluster = %cluster, removed, first = %first, "WAL that nothing needs any more is removed");
        }
        Ok(())
    }

    /// Removes backups of a tenant; one that is gone is gone.
    pub(super) async fn remove(&self, tenant: TenantId, backups: &[Uuid]) -> Result<(), VaultError> {
        for &backup in backups {
            self.shelf.remove(Place { tenant, backup }).await?;
        }
        Ok(())
    }
}

/// The instant a backup shows: the one its server was brought to, else now.
pub(super) struct Taken<'a> {
    pub(super) shows: Option<Timestamp>,
    pub(super) clock: &'a Clock,
}

impl Fleet {
    /// Backs a tenant up.
    pub(super) async fn back_up(
        &self,
        (cluster, database): (&ClusterId, &str),
        place: Place,
        halt: Option<Step>,
    ) -> Result<Outcome, FleetError> {
        let (admin, name) = (self.admin(cluster)?, DatabaseName::parse(database)?);
        if admin.keys().are_turning() {
            keys::renewed(admin, &self.0.entropy, name.quarters().role()).await?;
        }
        let taken = Taken { shows: None, clock: &self.0.clock };
        let taken = back_up(admin, self.archive()?, &name, place, &taken, halt).await?;
        Ok(Outcome::BackedUp(taken))
    }

    /// Restores a backup.
    pub(super) async fn restore(
        &self,
        (cluster, database): (&ClusterId, &str),
        restoration: &Restoration,
        halt: Option<Step>,
    ) -> Result<Outcome, FleetError> {
        let (admin, name) = (self.admin(cluster)?, DatabaseName::parse(database)?);
        let Parts { clock, entropy, version, .. } = &*self.0;
        let hands = Hands { clock, entropy, version };
        let filled = restore(admin, self.archive()?, &name, restoration, &hands, halt).await?;
        Ok(Outcome::Restored(filled))
    }
}

/// Writes a backup of a tenant's database. It counts when this has ended; until then it was never there, and what an attempt before left of
/// it goes first.
async fn back_up(
    admin: &Admin,
    archive: &Archive,
    name: &DatabaseName,
    place: Place,
    taken: &Taken<'_>,
    halt: Option<Step>,
) -> Result<BackedUp, FleetError> {
    let began = Instant::now();
    let inside = admin.enter(name.as_str()).await?;
    let taken_at = taken.shows.unwrap_or_else(|| taken.clock.now());
    inside.batch_execute(SETTLE_DOWN).await.map_err(during("beginning a backup"))?;
    must_be_of(&inside, place).await?;
    archive.shelf.remove(place).await?;
    let server_version: i32 = ask(&inside, SERVER_VERSION).await?;
    let last_step: i32 = ask(&inside, LAST_STEP).await?;
    let tables = sums(&inside).await?;
    let digest = dump(admin, archive, name, place, (inside, server_version)).await?;
    Step::Copy.done(halt)?;
    let manifest = Manifest {
        format: FORMAT,
        tenant: place.tenant,
        backup: place.backup,
        database: name.as_str().to_owned(),
        schema: format!("{last_step:04}"),
        server_version,
        taken_at,
        data: digest.data,
        plain_bytes: digest.plain_bytes,
        stored_bytes: digest.stored_bytes,
        sha256: digest.sha256,
        tables,
        key_id: digest.key_id,
        data_key: digest.data_key,
    };
    archive.shelf.vouch(&manifest).await?;
    Ok(BackedUp {
        taken_at,
        took_ms: millis_since(began),
        rows: u64::try_from(manifest.rows()).unwrap_or(0),
        schema: manifest.schema,
        stored_bytes: manifest.stored_bytes,
        sha256: manifest.sha256,
    })
}

/// Dumps the snapshot of `inside` into the store. The snapshot is let go as soon as the dump has its own.
async fn dump(
    admin: &Admin,
    archive: &Archive,
    name: &DatabaseName,
    of: Place,
    (inside, server_version): (Client, i32),
) -> Result<hotelhub_vault::Digest, FleetError> {
    let snapshot: String = ask(&inside, EXPORT).await?;
    let place = name.quarters();
    let password = admin.keys().password(place.role());
    let login = Login {
        config: admin.config(),
        database: place.database(),
        user: place.role(),
        password: password.expose().as_bytes(),
        permit: admin.permit().await?,
    };
    let schema = matches!(place, Quarters::Schema { .. }).then(|| place.schema());
    let mut dump = archive.tools.dump(login, schema, &snapshot, server_version)?;
    let (mut taking, mut inside) = (archive.shelf.take(of).await?, Some(inside));
    while let Some(bytes) = dump.next().await? {
        inside.take();
        taking.push(&bytes).await?;
    }
    dump.ended().await?;
    Ok(taking.finish().await?)
}

async fn must_be_of(inside: &Client, place: Place) -> Result<(), FleetError> {
    let owner = retire::owner_of(inside).await?;
    if owner == Some(place.tenant) {
        return Ok(());
    }
    Err(FleetError::Taken { owner: owner.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string()) })
}

/// The one value of the one row of a question.
async fn ask<T>(inside: &Client, question: &str) -> Result<T, FleetError>
where
    T: for<'a> tokio_postgres::types::FromSql<'a>,
{
    Ok(inside.query_one(question, &[]).await.map_err(during("asking the database about itself"))?.get(0))
}

pub(super) fn millis_since(began: Instant) -> u32 {
    u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX)
}
