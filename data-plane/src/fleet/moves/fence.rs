//! Holding a tenant's writers at the source: by locks, which end with their connection, and then by a grant taken back in the same
//! transaction. Readers are never held.
//!
//! Whose turn it is to be written to is written at the source alone, on the publication of the move: whoever lets writers in at either end
//! asks there first. So a worker that nobody hears may let them in again, and no write is lost whatever the control plane came to know.
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{Ends, ask, is_written_to, names, source};
use crate::fleet::admin::Lent;
use crate::fleet::database::lock_of;
use crate::fleet::{FleetError, during, template};

/// Whether the tenant may write anywhere.
pub(super) const OPEN: &str = "
    select coalesce(bool_or(has_table_privilege($1::name, c.oid, 'insert, update, delete')), false)
      from pg_class c where c.relnamespace = current_schema()::text::regnamespace and c.relkind in ('r', 'p')";

/// Every table, in the order in which they are locked: who repeats a change begins it with its key, so nobody is in the middle of one when the
/// table of keys is had; jobs are noted last.
pub(super) const IN_ORDER: &str = "
    select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = current_schema()
     order by tablename <> 'idempotency_keys', tablename = 'jobs', tablename";
pub(super) const HERE: &str = "select pg_current_wal_insert_lsn()::text";

/// A commit, so that everything before it is on the disk and sent.
pub(super) const FLUSH: &str = "select pg_logical_emit_message(true, 'hotelhub', '')::text";
pub(super) const ARRIVED: &str = "
    select (select confirmed_flush_lsn >= $2::text::pg_lsn from pg_replication_slots
             where slot_name = $1 and wal_status <> 'lost')";

/// Takes the tenant's right to write, which [`template::GRANTS`] gives.
pub(super) const SHUT_OUT: &str = "
    do $$
    declare
        house constant text := current_schema();
        tenant constant text := case house when 'public' then 'hotelhub_tenant' else house end;
    begin
        execute format('revoke insert, update, delete, truncate on all tables in schema %I from %I', house, tenant);
    end $$";

/// Ends who holds the writers of this database: a worker that was taken for dead.
pub(super) const HOLDERS: &str = "
    select count(pg_terminate_backend(pid)) from (
        select distinct l.pid from pg_locks l join pg_database d on d.oid = l.database join pg_class c on c.oid = l.relation
         where d.datname = current_database() and c.relnamespace = current_schema()::text::regnamespace and l.locktype = 'relation' and l.mode = 'ExclusiveLock' and l.granted
           and l.pid <> pg_backend_pid()) holders";

/// Who holds them here, and its end.
pub(super) const HOLDER: &str = "select pg_backend_pid()";
pub(super) const CUT_OFF: &str = "select pg_terminate_backend($1)";

/// What the publication says of the writers: `open` where nothing is said; nothing where there is none.
pub(super) const TURN: &str = "
    select (select coalesce(obj_description(oid, 'pg_publication'), 'open') from pg_publication where pubname = $1)";

/// The moves for which writers are shut out of this database.
pub(super) const WAITING: &str = "
    select p.pubname::text, n.nspname::text
      from pg_publication p join pg_publication_namespace pn on pn.pnpubid = p.oid join pg_namespace n on n.oid = pn.pnnspid
     where obj_description(p.oid, 'pg_publication') = 'shut'";
const SHUT: &str = "shut";
const PASSED: &str = "passed on";

/// Only one at a time changes whose turn it is.
pub(super) const ALONE: &str = "select pg_advisory_xact_lock($1)::text";

/// For so long writers are held at most: a tenant's statement waits five seconds for a lock.
pub(super) const LONGEST: Duration = Duration::from_secs(4);

/// How long is waited for writers that are just at it, the first time; twice as long each time after, up to the longest. A deadlock would be
/// noticed after a second: it is left before, so that no writer is its victim.
const FIRST_WAIT_MS: u64 = 100;
const LONGEST_WAIT_MS: u64 = 800;
const TRIES: u32 = 8;
const BREATH: Duration = Duration::from_millis(300);
const GLANCE: Duration = Duration::from_millis(2);

/// Holds the writers; answers since when. Already shut out, nobody has to be held, and nobody lets them in until this transaction ends.
pub(super) async fn hold(at: &Client, ends: &Ends<'_>) -> Result<Instant, FleetError> {
    let since = Instant::now();
    alone(at, &ends.link()).await?;
    if !is_open(at, ends).await? {
        return Ok(since);
    }
    let_go(at).await?;
    let tables = names(at, IN_ORDER).await?.join(", ");
    for attempt in 0..TRIES {
        let since = Instant::now();
        // A worker that falls silent lets go.
        let begin = format!(
            "begin; set local idle_in_transaction_session_timeout = 5000; set local statement_timeout = 5000;
             set local lock_timeout = {}; lock table {tables} in exclusive mode",
            (FIRST_WAIT_MS << attempt).min(LONGEST_WAIT_MS)
        );
        match at.batch_execute(&begin).await {
            Ok(()) => return Ok(since),
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                let_go(at).await?;
                sleep(BREATH).await;
            }
            Err(error) => return Err(during("holding the writers")(error)),
        }
    }
    Err(FleetError::NotHeld)
}

/// Whether the tenant may write at all.
async fn is_open(at: &Client, ends: &Ends<'_>) -> Result<bool, FleetError> {
    is_written_to(at, ends.from.quarters()).await
}

/// Lets the writers go on.
pub(super) async fn let_go(at: &Client) -> Result<(), FleetError> {
    at.batch_execute("rollback").await.map_err(during("letting the writers go on"))
}

/// Shuts the writers out and ends the hold, in one: whoever waited for a lock finds the grant gone.
pub(super) async fn seal(at: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    let seal = format!("{SHUT_OUT}; comment on publication {} is '{SHUT}'; commit", ends.link());
    at.batch_execute(&seal).await.map_err(during("shutting the writers out"))
}

/// Shuts the writers out of a target, behind whoever is just at it.
pub(super) async fn shut(at: &Client) -> Result<(), FleetError> {
    let tables = names(at, IN_ORDER).await?.join(", ");
    let shut = format!(
        "begin; set local lock_timeout = {LONGEST_WAIT_MS}; lock table {tables} in exclusive mode; {SHUT_OUT}; commit"
    );
    at.batch_execute(&shut).await.map_err(during("shutting the writers out of the target"))
}

/// Whose turn it is to be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The source's.
    Source,
    /// The target's.
    Target,
    /// It is not asked here any more: the move is over.
    Nobodys,
}

/// Makes it the target's turn, for good. Not where writers were let in again at the source.
pub(super) async fn pass_on(at: &Client, ends: &Ends<'_>) -> Result<Turn, FleetError> {
    let link = ends.link();
    let (turn, end) = match alone(at, &link).await?.as_deref() {
        Some(SHUT) => (Turn::Target, format!("comment on publication {link} is '{PASSED}'; commit")),
        Some(PASSED) => (Turn::Target, "rollback".to_owned()),
        Some(_) => (Turn::Source, "rollback".to_owned()),
        None => (Turn::Nobodys, "rollback".to_owned()),
    };
    at.batch_execute(&end).await.map_err(during("passing the writers on"))?;
    Ok(turn)
}

/// Whether it is the target's turn for good: a switch was heard. While the target's lock is held that does not change.
pub(super) async fn is_passed_on(at: &Client, ends: &Ends<'_>) -> Result<bool, FleetError> {
    let turn: Option<String> = ask(at, TURN, &ends.link()).await?;
    Ok(turn.as_deref() == Some(PASSED))
}

/// Lets the writers in again that were shut out while nobody came to hear of it; whether there were any. Not where it is the target's turn.
pub(super) async fn take_back(at: &Client, link: &str) -> Result<bool, FleetError> {
    let shut = alone(at, link).await?.as_deref() == Some(SHUT);
    let end = match shut {
        true => format!("{}; comment on publication {link} is null; commit", template::GRANTS),
        false => "rollback".to_owned(),
    };
    at.batch_execute(&end).await.map_err(during("letting the writers in again"))?;
    Ok(shut)
}

/// Begins a transaction in which nobody else changes whose turn it is; what the publication says of it.
async fn alone(at: &Client, link: &str) -> Result<Option<String>, FleetError> {
    let asking = during("asking whose turn it is");
    at.batch_execute("begin; set local idle_in_transaction_session_timeout = 5000").await.map_err(&asking)?;
    at.query_one(ALONE, &[&lock_of(link)]).await.map_err(&asking)?;
    ask(at, TURN, link).await
}

/// Lets writers in again, whoever shut them out or holds them: it is the source's turn from then on.
pub(super) async fn open(at: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    at.query_one(HOLDERS, &[]).await.map_err(during("ending who holds the writers"))?;
    if is_open(at, ends).await? {
        return Ok(());
    }
    let link = ends.link();
    let forget = match ask::<bool>(at, source::PUBLICATION, &link).await? {
        true => format!("; comment on publication {link} is null"),
        false => String::new(),
    };
    let open = format!("{}{forget}", template::GRANTS);
    at.batch_execute(&open).await.map_err(during("letting the writers in again"))
}

/// Ends the hold of this backend at once, whatever statement it is at: its locks go with it.
pub(super) async fn cut_off(beside: &Lent<'_>, holder: i32) -> Result<(), FleetError> {
    beside.client().query_one(CUT_OFF, &[&holder]).await.map(drop).map_err(during("letting the writers go on"))
}

/// Waits until the copy has everything that was committed at the source before now.
pub(super) async fn drained(at: &Client, beside: &Lent<'_>, ends: &Ends<'_>) -> Result<(), FleetError> {
    let asking = during("waiting for the copy");
    let here: String = at.query_one(HERE, &[]).await.map_err(&asking)?.get(0);
    beside.client().query_one(FLUSH, &[]).await.map_err(&asking)?;
    let link = ends.link();
    loop {
        let arrived = beside.client().query_one(ARRIVED, &[&link, &here]).await.map_err(&asking)?;
        match arrived.get::<_, Option<bool>>(0) {
            Some(true) => return Ok(()),
            Some(false) => sleep(GLANCE).await,
            None => return Err(FleetError::SlotLost),
        }
    }
}
