//! A base backup of a whole server: `pg_basebackup` through a seal into the store, good when the WAL it needs is there as well.
#[cfg(test)]
mod tests;

use hotelhub_protocol::{BaseTaken, ClusterId};
use hotelhub_vault::{BaseManifest, BasePlace, Digest, FORMAT, WalShelf};
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_postgres::Client;
use uuid::Uuid;

use super::archiving::{server, settle};
use super::tools::Login;
use super::{Archive, during, millis_since};
use crate::fleet::{Admin, FleetError};

/// Its version, bytes in a file of its WAL, bytes in all its databases.
pub(super) const ABOUT: &str = "
    select current_setting('server_version_num')::int, pg_size_bytes(current_setting('wal_segment_size')),
           (select sum(pg_database_size(oid))::bigint from pg_database)";
pub(super) const SERVERS_CLOCK: &str = "select clock_timestamp()";

/// Takes a base backup of a server. It counts when this has ended; until then it was never there.
pub(in crate::fleet) async fn take(
    admin: &Admin,
    archive: &Archive,
    (cluster, base): (&ClusterId, Uuid),
    urgent: bool,
) -> Result<BaseTaken, FleetError> {
    let began = Instant::now();
    let place = BasePlace { server: server(cluster)?, base };
    let wal = archive.shelf.wal(&place.server);
    let lent = admin.lend().await?;
    // Copying a server takes long: first it is seen that its WAL comes into this very store.
    let from_wal = settle(lent.client(), &wal, cluster).await?;
    let about = lent.client().query_one(ABOUT, &[]).await.map_err(during("asking the server about itself"))?;
    let (server_version, segment_bytes): (i32, i64) = (about.get(0), about.get(1));
    // What an attempt before this one left has no manifest, and is as long as the server.
    archive.shelf.remove_base(&place).await?;
    let began_at = servers_clock(lent.client()).await?;
    // It may take hours: meanwhile it has one connection, and hotels' backups have the others.
    lent.give_back().await?;
    let digest = copy(admin, archive, &place, (server_version, urgent)).await?;
    let lent = admin.lend().await?;
    let ended_at = servers_clock(lent.client()).await?;
    let to_wal = settle(lent.client(), &wal, cluster).await?;
    must_be_there(&wal, &from_wal, &to_wal, segment_bytes).await?;
    let manifest = BaseManifest {
        format: FORMAT,
        server: place.server.to_string(),
        base,
        server_version,
        began_at,
        ended_at,
        from_wal,
        to_wal,
        unpacked_bytes: u64::try_from(about.get::<_, i64>(2)).unwrap_or(0),
        data: digest.data,
        stored_bytes: digest.stored_bytes,
        sha256: digest.sha256,
        key_id: digest.key_id,
        data_key: digest.data_key,
    };
    archive.shelf.vouch_base(&place, &manifest).await?;
    lent.give_back().await?;
    Ok(BaseTaken {
        began_at,
        ended_at,
        took_ms: millis_since(began),
        from_wal: manifest.from_wal,
        to_wal: manifest.to_wal,
        stored_bytes: manifest.stored_bytes,
        sha256: manifest.sha256,
    })
}

/// Copies the server into the store. It ends when the server has archived the WAL that was written meanwhile.
async fn copy(
    admin: &Admin,
    archive: &Archive,
    place: &BasePlace,
    (server_version, urgent): (i32, bool),
) -> Result<Digest, FleetError> {
    let config = admin.config();
    let user = config.get_user().unwrap_or("postgres");
    let (password, permit) = (config.get_password().unwrap_or_default(), admin.permit().await?);
    let login = Login { config, database: "", user, password, permit };
    let mut copying = archive.tools.copy(login, server_version, urgent)?;
    let mut taking = archive.shelf.take_base(place).await?;
    while let Some(bytes) = copying.next().await? {
        taking.push(&bytes).await?;
    }
    copying.ended().await?;
    Ok(taking.finish().await?)
}

async fn servers_clock(client: &Client) -> Result<Timestamp, FleetError> {
    Ok(client.query_one(SERVERS_CLOCK, &[]).await.map_err(during("asking the server for its time"))?.get(0))
}

/// Refuses a base backup whose WAL is not in the store, file by file.
async fn must_be_there(wal: &WalShelf, from: &str, to: &str, segment_bytes: i64) -> Result<(), FleetError> {
    let names = between(from, to, segment_bytes)
        .ok_or_else(|| FleetError::NotArchived(format!("from {from} to {to} is no WAL of one timeline")))?;
    for name in names {
        if !wal.has(&name.parse().map_err(FleetError::NotArchived)?).await? {
            return Err(FleetError::NotArchived(format!("{name}, which the base backup needs, is not in the store")));
        }
    }
    Ok(())
}

/// The names of a timeline's files of WAL from one to another: the timeline, and the file's number in two parts, each of four gigabytes.
fn between(from: &str, to: &str, segment_bytes: i64) -> Option<Vec<String>> {
    let each = (1_u64 << 32).checked_div(u64::try_from(segment_bytes).ok()?)?;
    let number = |name: &str| {
        let (high, low) = (name.get(8..16)?, name.get(16..24)?);
        Some(u64::from_str_radix(high, 16).ok()? * each + u64::from_str_radix(low, 16).ok()?)
    };
    let timeline = from.get(..8).filter(|timeline| to.starts_with(timeline))?;
    let name = |number: u64| format!("{timeline}{:08X}{:08X}", number / each, number % each);
    Some((number(from)?..=number(to)?).map(name).collect())
}
