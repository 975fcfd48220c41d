//! The source of a move: whether it can be copied, what it shows to the copy, and how that is taken down again.
use std::time::Duration;

use hotelhub_protocol::Quarters;
use hotelhub_tenant_migrations::{Product, is_current};
use tokio_postgres::Client;

use super::{Ends, ask, names};
use crate::fleet::password::scram_verifier;
use crate::fleet::{FleetError, during};

pub(super) const WHOSE_HOUSE: &str = "select tenant_id from house";
pub(super) const SETTING: &str = "select current_setting($1)";
pub(super) const UNLOGGED: &str = "
    select relname::text from pg_class
     where relnamespace = current_schema()::text::regnamespace and relkind in ('r', 'p') and relpersistence <> 'p'";

/// A change of a row of such a table could not be told from another's.
pub(super) const WITHOUT_KEY: &str = "
    select relname::text from pg_class c
     where relnamespace = current_schema()::text::regnamespace and relkind in ('r', 'p') and relreplident <> 'f'
       and not exists (select from pg_index i where i.indrelid = c.oid
                          and case c.relreplident when 'i' then i.indisreplident when 'd' then i.indisprimary else false end)";
pub(super) const LARGE_OBJECTS: &str = "select oid::text from pg_largeobject_metadata limit 1";
pub(super) const PUBLICATION: &str = "select exists (select from pg_publication where pubname = $1)";
pub(super) const ROLE: &str = "select exists (select from pg_roles where rolname = $1)";
pub(super) const SLOT: &str =
    "select coalesce((select wal_status <> 'lost' from pg_replication_slots where slot_name = $1), false)";
pub(super) const MAKE_SLOT: &str = "select pg_create_logical_replication_slot($1, 'pgoutput')::text";

/// Bytes of the source's log that the copy has not confirmed; none where the slot is gone or was taken away.
pub(super) const BEHIND: &str = "
    select (select pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint from pg_replication_slots
             where slot_name = $1 and wal_status <> 'lost')";

/// Every slot that reads this database: the move's own and those with which its tables are copied. One hotel moves out of a database at a time.
pub(super) const SLOTS: &str = "select slot_name::text from pg_replication_slots where database = current_database()";
pub(super) const CUT: &str =
    "select count(pg_terminate_backend(active_pid)) from pg_replication_slots where slot_name = $1";
pub(super) const DROP_SLOT: &str = "
    select count(pg_drop_replication_slot(slot_name)) from pg_replication_slots where slot_name = $1 and not active";
pub(super) const EXPEL: &str = "
    select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = $1 and datname = $2";
pub(super) const READING: &str =
    "select count(*) from pg_stat_activity where usename = $1 and datname = $2 and state <> 'idle'";

/// How often it is tried to drop a slot whose reader was just cut off, and looked whether the last has read to the end.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(25);

/// Refuses what cannot be copied faithfully, or not safely.
pub(super) async fn survey(at: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    let cannot = |why: String| Err(FleetError::CannotMove(why));
    let owner = at.query_opt(WHOSE_HOUSE, &[]).await.map_err(during("asking whose house it is"))?;
    let owner: Option<uuid::Uuid> = owner.map(|row| row.get(0));
    if owner != Some(ends.moving.tenant.0) {
        return Err(FleetError::Taken { owner: owner.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string()) });
    }
    if !is_current(at, Product::Hotel).await? {
        return cannot("its schema is behind: roll the newest out to it first".to_owned());
    }
    if ask::<String>(at, SETTING, "wal_level").await? != "logical" {
        return cannot("its server's wal_level is not `logical`".to_owned());
    }
    if ask::<String>(at, SETTING, "max_slot_wal_keep_size").await? == "-1" {
        return cannot("its server's max_slot_wal_keep_size is not set: a slot could fill its disk".to_owned());
    }
    if let Some(table) = names(at, UNLOGGED).await?.pop() {
        return cannot(format!("the table {table} is not logged"));
    }
    if let Some(table) = names(at, WITHOUT_KEY).await?.pop() {
        return cannot(format!("the table {table} has no key to replicate by"));
    }
    if !names(at, LARGE_OBJECTS).await?.is_empty() {
        return cannot("it has large objects, which are not replicated".to_owned());
    }
    Ok(())
}

/// Shows the hotel's tables to whoever signs in with the role of the move, and nothing else of the server to it. Safe twice.
pub(super) async fn show(at: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    let (link, database, schema) = (ends.link(), ends.from.quarters().database(), ends.from.quarters().schema());
    let showing = during("showing the source to its copy");
    if !ask::<bool>(at, PUBLICATION, &link).await? {
        at.batch_execute(&format!("create publication {link} for tables in schema {schema}"))
            .await
            .map_err(&showing)?;
    }
    let verifier = scram_verifier(&ends.source.keys().password(&link), ends.entropy);
    let verb = if ask::<bool>(at, ROLE, &link).await? { "alter" } else { "create" };
    let role = format!(
        "{verb} role {link} login replication password '{verifier}';
         grant connect on database {database} to {link}; grant usage on schema {schema} to {link};
         grant select on all tables in schema {schema} to {link}"
    );
    at.batch_execute(&role).await.map_err(&showing)
}

/// Keeps the source's log for the copy, from now on.
pub(super) async fn keep_log(at: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    ask::<String>(at, MAKE_SLOT, &ends.link()).await.map(drop)
}

/// Takes down what [`show`] and [`keep_log`] made. What is not there is not missed.
pub(super) async fn take_down(at: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    let link = ends.link();
    drop_slots(at).await?;
    let taking_down = during("taking down what was shown to the copy");
    at.batch_execute(&format!("drop publication if exists {link}")).await.map_err(&taking_down)?;
    if ask::<bool>(at, ROLE, &link).await? {
        at.batch_execute(&format!("drop owned by {link}; drop role {link}")).await.map_err(&taking_down)?;
    }
    Ok(())
}

/// Drops every slot of this database, so that the server keeps no log for it any more.
async fn drop_slots(at: &Client) -> Result<(), FleetError> {
    for _ in 0..TRIES {
        let slots = names(at, SLOTS).await?;
        if slots.is_empty() {
            return Ok(());
        }
        for slot in slots {
            ask::<i64>(at, CUT, &slot).await?;
            match ask::<i64>(at, DROP_SLOT, &slot).await {
                // Its reader was not gone, or was back.
                Err(error) if error.code() == Some(&tokio_postgres::error::SqlState::OBJECT_IN_USE) => {}
                dropped => drop(dropped?),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(FleetError::StillThere(format!("a replication slot of {}", names(at, SLOTS).await?.join(", "))))
}

/// Shuts the source for good: nobody but an administrator comes in, and whoever still reads there after a while is put out.
pub(super) async fn shut(at: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    let (quarters, shutting) = (ends.from.quarters(), during("shutting the source"));
    let (database, role) = (quarters.database(), quarters.role());
    if !ask::<bool>(at, ROLE, role).await? {
        return Ok(());
    }
    let shut = match quarters {
        Quarters::Database(_) => format!("revoke connect on database {database} from {role}"),
        Quarters::Schema { .. } => format!("revoke {database} from {role}"),
    };
    at.batch_execute(&shut).await.map_err(&shutting)?;
    for _ in 0..TRIES {
        if at.query_one(READING, &[&role, &database]).await.map_err(&shutting)?.get::<_, i64>(0) == 0 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    at.query_one(EXPEL, &[&role, &database]).await.map(drop).map_err(shutting)
}
