//! A backup filled into a new database. Nobody enters it before it was compared with what was backed up; where it differs it is dropped.
use hotelhub_kernel::{Clock, Entropy};
use hotelhub_protocol::{Quarters, Restoration, Restored};
use hotelhub_tenant_migrations::EXTENSIONS;
use hotelhub_vault::{Manifest, Place};
use tokio::time::Instant;
use tokio_postgres::Client;

use super::tools::Login;
use super::{Archive, SERVER_VERSION, ask, difference, millis_since, sums};
use crate::exports::SETTLE_DOWN;
use crate::fleet::database::{DatabaseName, Step};
use crate::fleet::filling::Site;
use crate::fleet::{Admin, FleetError, during};
use crate::hotel::reservations::ReleaseExpiredHolds;
use crate::queue::Job as _;

/// Everybody signs in again: who was shut out since the backup stays out, and what lets somebody in once was perhaps used since.
pub(super) const END_SESSIONS: &str = "delete from sessions";
pub(super) const END_LINKS: &str = "delete from one_time_links";

/// A copy is another house: it is told so, and does nothing that the first one does already. Only rooms that are held are let go of here too.
pub(super) const MOVE_HOUSE: &str = "update house set tenant_id = $1, slug = $2";
pub(super) const DROP_JOBS: &str = "delete from jobs where state in ('queued', 'running') and name <> $1";
pub(super) const DROP_LETTERS: &str = "delete from letters where state in ('queued', 'withheld')";
pub(super) const DROP_ANSWERS: &str = "delete from idempotency_keys";

pub(super) const NOTE: &str = "
    insert into audit_log (at, actor_kind, action, subject_kind, subject_id)
    values ($1, 'system', 'tenant.restore', 'tenant', $2)";

/// What a restoration needs of its worker.
pub(super) struct Hands<'a> {
    pub(super) clock: &'a Clock,
    pub(super) entropy: &'a Entropy,
    /// The version of the schema it brings databases to.
    pub(super) version: &'a str,
}

/// Fills a new database from a backup. What an attempt before left unfinished is dropped first; what it finished stays.
pub(super) async fn restore(
    admin: &Admin,
    archive: &Archive,
    name: &DatabaseName,
    wanted: &Restoration,
    hands: &Hands<'_>,
    halt: Option<Step>,
) -> Result<Restored, FleetError> {
    let began = Instant::now();
    if let Quarters::Schema { .. } = name.quarters() {
        return Err(FleetError::NotAlone(name.as_str().to_owned()));
    }
    let manifest = archive.shelf.manifest(Place { tenant: wanted.source, backup: wanted.backup }).await?;
    if manifest.sha256 != wanted.sha256 {
        return Err(FleetError::OtherBackup);
    }
    let lent = admin.lend().await?;
    lent.lock(name.lock()).await?;
    let site = Site { admin, lent: &lent, name };
    if !site.is_filled(&mark(wanted)).await? {
        site.must_be_nobodys(&[wanted.source, wanted.tenant]).await?;
        let filled = fill(&site, archive, (wanted, &manifest), hands, halt).await;
        if wanted.drill || filled.as_ref().is_err_and(|error| !matches!(error, FleetError::Halted)) {
            site.drop_it().await?;
        }
        filled?;
    }
    if !wanted.drill {
        site.open(hands.entropy).await?;
    }
    lent.give_back().await?;
    let rows = u64::try_from(manifest.rows()).unwrap_or(0);
    tracing::info!(database = name.as_str(), tenant = %wanted.tenant, rows, drill = wanted.drill, "a backup is restored");
    Ok(Restored { template: hands.version.to_owned(), took_ms: millis_since(began), rows })
}

/// What is written on a database that holds all of it. It is written before anybody may enter.
fn mark(wanted: &Restoration) -> String {
    format!("{} restored from {}", wanted.tenant, wanted.backup)
}

async fn fill(
    site: &Site<'_>,
    archive: &Archive,
    (wanted, manifest): (&Restoration, &Manifest),
    hands: &Hands<'_>,
    halt: Option<Step>,
) -> Result<(), FleetError> {
    let Site { admin, lent, name } = *site;
    site.make_empty().await?;
    let schema = Quarters::parse(&manifest.database).filter(|place| matches!(place, Quarters::Schema { .. }));
    if schema.is_some() {
        prepare(&admin.enter(name.as_str()).await?).await?;
    }
    pour(admin, archive, name, manifest, lent.client()).await?;
    if let Some(place) = schema {
        unwrap_schema(&admin.enter(name.as_str()).await?, place.schema()).await?;
    }
    Step::Refill.done(halt)?;
    compare(admin, name, manifest).await?;
    if wanted.drill {
        return Ok(());
    }
    let mut inside = admin.enter(name.as_str()).await?;
    settle_in(&mut inside, wanted, hands.clock).await?;
    inside.batch_execute("analyze").await.map_err(during("gathering statistics"))?;
    site.put_mark(&mark(wanted)).await
}

/// What a schema that was dumped by itself needs of its database.
async fn prepare(inside: &Client) -> Result<(), FleetError> {
    for extension in EXTENSIONS {
        let create = format!("create extension {extension}");
        inside.batch_execute(&create).await.map_err(during("preparing the database"))?;
    }
    Ok(())
}

/// What lay in a schema of a shared database lies in `public` from now on, as in any database of a tenant's own.
async fn unwrap_schema(inside: &Client, schema: &str) -> Result<(), FleetError> {
    let extensions = EXTENSIONS.iter().map(|name| format!("alter extension {name} set schema public;"));
    let move_out = format!(
        "begin; alter schema public rename to hotelhub_before; alter schema {schema} rename to public;
         {} drop schema hotelhub_before; commit",
        extensions.collect::<String>()
    );
    inside.batch_execute(&move_out).await.map_err(during("unwrapping the schema"))
}

/// Pours the backup in. Who calls drops the database again where the last byte was not vouched for.
async fn pour(
    admin: &Admin,
    archive: &Archive,
    name: &DatabaseName,
    manifest: &Manifest,
    client: &Client,
) -> Result<(), FleetError> {
    let server_version: i32 = ask(client, SERVER_VERSION).await?;
    let config = admin.config();
    let user = config.get_user().unwrap_or("postgres");
    let password = config.get_password().unwrap_or_default();
    let mut reading = archive.shelf.open(manifest).await?;
    let login = Login { config, database: name.as_str(), user, password, permit: admin.permit().await? };
    let mut filling = archive.tools.fill(login, server_version)?;
    while let Some(bytes) = reading.next().await? {
        filling.push(&bytes).await;
    }
    filling.ended().await
}

/// Refuses what is not, table by table and row by row, what was backed up.
async fn compare(admin: &Admin, name: &DatabaseName, manifest: &Manifest) -> Result<(), FleetError> {
    let inside = admin.enter(name.as_str()).await?;
    inside.batch_execute(SETTLE_DOWN).await.map_err(during("beginning to compare"))?;
    let found = sums(&inside).await?;
    match difference(&manifest.tables, &found) {
        Some(table) => Err(FleetError::Differs(table.clone())),
        None => Ok(()),
    }
}

/// What was restored becomes the tenant's house, in one transaction.
async fn settle_in(inside: &mut Client, wanted: &Restoration, clock: &Clock) -> Result<(), FleetError> {
    let settling = during("settling in");
    let tx = inside.transaction().await.map_err(&settling)?;
    for end in [END_SESSIONS, END_LINKS] {
        tx.execute(end, &[]).await.map_err(&settling)?;
    }
    if wanted.tenant != wanted.source {
        tx.execute(MOVE_HOUSE, &[&wanted.tenant.0, &wanted.slug.as_str()]).await.map_err(&settling)?;
        tx.execute(DROP_JOBS, &[&ReleaseExpiredHolds::NAME]).await.map_err(&settling)?;
        for drop in [DROP_LETTERS, DROP_ANSWERS] {
            tx.execute(drop, &[]).await.map_err(&settling)?;
        }
    }
    tx.execute(NOTE, &[&clock.now(), &wanted.tenant.0]).await.map_err(&settling)?;
    tx.commit().await.map_err(&settling)
}
