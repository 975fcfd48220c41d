//! Backups of tenants' databases: written by `pg_dump` through a seal into the store, and filled back into new databases by `pg_restore`.
//!
//! What a backup holds is summed table by table in the very snapshot that is dumped; a database that was restored is compared with these sums
//! before anybody is let in.
mod restore;
mod sums;
mod tools;

use std::path::PathBuf;

use hotelhub_kernel::{Clock, TenantId};
use hotelhub_protocol::{BackedUp, Quarters};
use hotelhub_vault::{FORMAT, Manifest, Place, Shelf, VaultError};
use tokio::time::Instant;
use tokio_postgres::Client;
use uuid::Uuid;

pub(super) use restore::{Hands, restore};

use self::sums::sums;
use self::tools::{Login, Tools};
use super::database::{DatabaseName, Step};
use super::retire::{self, WHOSE_HOUSE};
use super::{Admin, FleetError, during};

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
    restore::ROLE,
    restore::MARK,
    restore::END_SESSIONS,
    restore::END_LINKS,
    restore::MOVE_HOUSE,
    restore::DROP_JOBS,
    restore::DROP_LETTERS,
    restore::DROP_ANSWERS,
    restore::NOTE,
];

/// One instant of a database for as long as the transaction lasts, and every value written the same way on every server.
const SETTLE_DOWN: &str = "
    begin isolation level repeatable read, read only;
    set local timezone = 'UTC'; set local datestyle = 'ISO'; set local intervalstyle = 'postgres';
    set local extra_float_digits = 1; set local bytea_output = 'hex'; set local statement_timeout = 0";

/// Where backups are kept, and the programs that write and read them.
#[derive(Clone)]
pub struct Archive {
    shelf: Shelf,
    tools: Tools,
}

impl Archive {
    /// Backups on this shelf. `programs` is the folder of `pg_dump` and `pg_restore`; where there is none they are looked for, in the
    /// server's own version.
    pub fn new(shelf: Shelf, programs: Option<PathBuf>) -> Self {
        Self { shelf, tools: Tools::in_folder(programs) }
    }

    /// Removes backups of a tenant; one that is gone is gone.
    pub(super) async fn remove(&self, tenant: TenantId, backups: &[Uuid]) -> Result<(), VaultError> {
        for &backup in backups {
            self.shelf.remove(Place { tenant, backup }).await?;
        }
        Ok(())
    }
}

/// Writes a backup of a tenant's database. It counts when this has ended; until then it was never there.
pub(super) async fn back_up(
    admin: &Admin,
    archive: &Archive,
    name: &DatabaseName,
    place: Place,
    clock: &Clock,
    halt: Option<Step>,
) -> Result<BackedUp, FleetError> {
    let began = Instant::now();
    let inside = admin.enter(name.as_str()).await?;
    let taken_at = clock.now();
    inside.batch_execute(SETTLE_DOWN).await.map_err(during("beginning a backup"))?;
    must_be_of(&inside, place).await?;
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
    };
    let schema = matches!(place, Quarters::Schema { .. }).then(|| place.schema());
    let permit = admin.permit().await?;
    let mut dump = archive.tools.dump(&login, schema, &snapshot, server_version)?;
    let (mut taking, mut inside) = (archive.shelf.take(of).await?, Some(inside));
    while let Some(bytes) = dump.next().await? {
        inside.take();
        taking.push(&bytes).await?;
    }
    dump.ended().await?;
    drop(permit);
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

fn millis_since(began: Instant) -> u32 {
    u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX)
}
