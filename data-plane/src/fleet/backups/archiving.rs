//! The WAL of a Postgres server: kept and fetched for the server itself, and seen to be complete before anybody relies on it.
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use hotelhub_kernel::Entropy;
use hotelhub_protocol::ClusterId;
use hotelhub_vault::{Server, Shelf, WalName, WalShelf};
use tokio::fs;
use tokio::time::Instant;
use tokio_postgres::Client;

use super::during;
use crate::config::Backups;
use crate::fleet::FleetError;

/// Whether the server archives its WAL: it is told to, and what it tried last was done.
/// <https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-ARCHIVER-VIEW>
pub(super) const ARCHIVES: &str = "
    select current_setting('archive_mode') <> 'off', coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),
           coalesce(last_failed_wal, '')
      from pg_stat_archiver";

/// A commit, so that no instant before it is the last one the WAL knows of; and the end of the file it is in.
pub(super) const COMMIT: &str = "select pg_current_xact_id()::text";
pub(super) const SWITCH: &str = "select pg_walfile_name(pg_switch_wal() - 1::numeric)";

/// How long a server may take to archive a file, and how often is looked.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(50);

/// Keeps a file of a server's WAL, for its `archive_command`. It is lasting when this has ended well.
pub async fn keep(backups: &Backups, cluster: &str, (path, name): (&Path, &str)) -> anyhow::Result<()> {
    let (wal, name) = (shelf(backups, cluster)?, parsed(name)?);
    let file = fs::read(path).await.with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(wal.keep(&name, &file).await.map(drop)?)
}

/// Writes a file of a server's WAL where it is wanted, for its `restore_command`; whether there is one.
pub async fn fetch(backups: &Backups, cluster: &str, (path, name): (&Path, &str)) -> anyhow::Result<bool> {
    let Some(file) = shelf(backups, cluster)?.fetch(&parsed(name)?).await? else { return Ok(false) };
    fs::write(path, file).await.with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(true)
}

fn shelf(backups: &Backups, cluster: &str) -> anyhow::Result<WalShelf> {
    let server = Server::named(cluster).with_context(|| format!("`{cluster}` is no server's id"))?;
    let shelf = Shelf::new(backups.store.clone(), backups.key.clone(), Entropy::system());
    Ok(shelf.opening_also(backups.older.clone()).wal(&server))
}

fn parsed(name: &str) -> anyhow::Result<WalName> {
    name.parse().map_err(anyhow::Error::msg)
}

/// The server as the store knows it.
pub(super) fn server(cluster: &ClusterId) -> Result<Server, FleetError> {
    Server::named(&cluster.0).ok_or_else(|| FleetError::Unrecoverable(format!("`{cluster}` is no name for the store")))
}

/// Whether a server archives its WAL, as far as it knows itself.
pub(in crate::fleet) async fn archives(client: &Client) -> Result<bool, FleetError> {
    let row = client.query_one(ARCHIVES, &[]).await.map_err(during("looking whether WAL is archived"))?;
    Ok(row.get(0) && !row.get::<_, bool>(1))
}

/// Has the server archive its WAL up to now, and waits until it is in the store: whatever was committed before can be made again. The name
/// of the last file.
pub(super) async fn settle(client: &Client, wal: &WalShelf, cluster: &ClusterId) -> Result<String, FleetError> {
    let row = client.query_one(ARCHIVES, &[]).await.map_err(during("looking whether WAL is archived"))?;
    let (told, last_failed): (bool, String) = (row.get(0), row.get(2));
    if !told {
        return Err(FleetError::NotArchived(format!(
            "the server archives no WAL: set archive_mode = on and archive_command = 'hotelhub wal keep --cluster {cluster} %p %f'"
        )));
    }
    client.query_one(COMMIT, &[]).await.map_err(during("ending a file of WAL"))?;
    let last: String = client.query_one(SWITCH, &[]).await.map_err(during("ending a file of WAL"))?.get(0);
    let name = last.parse().map_err(FleetError::NotArchived)?;
    let until = Instant::now() + PATIENCE;
    while !wal.has(&name).await? {
        if Instant::now() > until {
            let failed = if last_failed.is_empty() { String::new() } else { format!("; {last_failed} failed before") };
            return Err(FleetError::NotArchived(format!(
                "the server's archive_command did not bring {last} into the store within {PATIENCE:?}{failed}"
            )));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(last)
}
