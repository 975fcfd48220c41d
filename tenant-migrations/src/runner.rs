//! Applies the steps a database has not seen: one runner at a time, each step whole or not at all.
use std::time::Duration;

use thiserror::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient, Transaction};

use crate::steps::{self, Product, Step};

/// One number for all of HotelHub's migrations; the lock is per database and, where tenants share one, per schema.
const LOCK: i64 = 0x686f_7465_6c68_7562;
/// How often a second runner looks whether the first is done, and how many times.
const LOCK_PAUSE: Duration = Duration::from_millis(50);
const LOCK_TRIES: u32 = 1_200;

const APPLIED: &str = "select number, file, checksum from schema_steps order by number";
const LOCK_OF: &str = "
    select case current_schema() when 'public' then $1::bigint
                else $1::bigint # hashtextextended(coalesce(current_schema(), ''), 0) end";
const TRY_LOCK: &str = "select pg_try_advisory_lock($1)";
const UNLOCK: &str = "select pg_advisory_unlock($1)";
const RECORD: &str = "insert into schema_steps (number, file, phase, checksum) values ($1, $2, $3, $4)";
const SET_UP: &str = "
    set lock_timeout = '3s';
    create table if not exists schema_steps (
        number integer primary key,
        file text not null,
        phase text not null constraint schema_steps_phase_known check (phase in ('expand', 'contract')),
        checksum bytea not null,
        applied_at timestamptz not null default clock_timestamp()
    )";

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The files that ran now, in order; empty when there was nothing to do.
    pub applied: Vec<String>,
    /// The version the database has now.
    pub version: String,
}

/// Why a database was not migrated.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// A newer program has been here: this one would misread what it left.
    #[error("the database has run {file}, which this program does not know: it belongs to a newer version")]
    Newer {
        /// The first such step.
        file: String,
    },
    /// What ran is not what is written here.
    #[error("{file} was changed after it ran: a step that ran is never edited, what follows is a step of its own")]
    Changed {
        /// The step.
        file: String,
    },
    /// A step stands before others that ran already.
    #[error("{file} stands before steps that ran already: a new step takes the next number")]
    OutOfOrder {
        /// The step.
        file: String,
    },
    /// A file that breaks the rules of its name or its first line.
    #[error("{file} needs a number of its own and `-- expand` or `-- contract` as its first line")]
    Malformed {
        /// The step.
        file: &'static str,
    },
    /// Another runner was at it all the time.
    #[error("another runner held the migration lock for a minute")]
    Busy,
    /// A step failed and left nothing behind.
    #[error("{file} failed")]
    Step {
        /// The step.
        file: &'static str,
        /// Why.
        source: tokio_postgres::Error,
    },
    /// The server said no.
    #[error("the database refused the migration's own bookkeeping")]
    Database(#[from] tokio_postgres::Error),
}

/// Brings a database to this program's schema. Safe twice, from two places and after a kill at any moment. The connection is the
/// migration's own: it keeps a lock timeout and is closed afterwards.
pub async fn migrate(client: &mut Client, product: Product) -> Result<Report, MigrateError> {
    run(client, &steps::of(product)).await
}

/// Brings a database to the schema of an older program, whose last step was `last`: what comes after is then seen on it.
pub async fn migrate_until(client: &mut Client, product: Product, last: i32) -> Result<Report, MigrateError> {
    let steps: Vec<Step> = steps::of(product).into_iter().filter(|step| step.number() <= Some(last)).collect();
    run(client, &steps).await
}

/// Lays the whole schema out where nothing lies yet, in the caller's transaction: all of it is there when that commits, or none. Nobody can be
/// at these tables, so that an index that is else built beside its readers is simply built.
pub async fn lay_out(tx: &Transaction<'_>, product: Product) -> Result<Report, MigrateError> {
    let steps = steps::of(product);
    check_files(&steps)?;
    tx.batch_execute(SET_UP).await?;
    for step in &steps {
        let outcome = async {
            tx.batch_execute(&step.sql.replace(" concurrently ", " ")).await?;
            record(tx, step).await
        };
        outcome.await.map_err(|source| MigrateError::Step { file: step.file, source })?;
    }
    let applied = steps.iter().map(|step| step.file.to_owned()).collect();
    Ok(Report { applied, version: steps::version(&steps) })
}

/// Whether a database has run every step of this program and no other; anyone who may read `schema_steps` can ask.
pub async fn is_current(client: &Client, product: Product) -> Result<bool, MigrateError> {
    Ok(pending(client, &steps::of(product)).await?.is_empty())
}

/// The version of the schema a database has: this program's, or one it had when it had fewer steps.
pub async fn version_of(client: &Client, product: Product) -> Result<String, MigrateError> {
    let steps = steps::of(product);
    let ran = steps.len() - pending(client, &steps).await?.len();
    Ok(steps::version(steps.get(..ran).unwrap_or_default()))
}

pub(crate) async fn run(client: &mut Client, steps: &[Step]) -> Result<Report, MigrateError> {
    check_files(steps)?;
    let version = steps::version(steps);
    if pending(client, steps).await?.is_empty() {
        return Ok(Report { applied: Vec::new(), version });
    }
    let held = lock(client).await?;
    let outcome = apply_pending(client, steps).await;
    client.query(UNLOCK, &[&held]).await?;
    Ok(Report { applied: outcome?, version })
}

fn check_files(steps: &[Step]) -> Result<(), MigrateError> {
    let mut last = 0;
    for step in steps {
        match (step.number(), step.phase()) {
            (Some(number), Some(_)) if number > last => last = number,
            _ => return Err(MigrateError::Malformed { file: step.file }),
        }
    }
    Ok(())
}

/// The steps that are still to run: what ran must be the beginning of the list, word for word.
async fn pending<'a>(client: &Client, steps: &'a [Step]) -> Result<&'a [Step], MigrateError> {
    let ran = match client.query(APPLIED, &[]).await {
        Ok(rows) => rows,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    for (at, row) in ran.iter().enumerate() {
        let (number, file): (i32, String) = (row.get("number"), row.get("file"));
        let Some(step) = steps.get(at).filter(|step| step.number() == Some(number)) else {
            return Err(match steps.get(at) {
                Some(step) if steps.iter().any(|step| step.number() == Some(number)) => {
                    MigrateError::OutOfOrder { file: step.file.to_owned() }
                }
                _ => MigrateError::Newer { file },
            });
        };
        if row.get::<_, &[u8]>("checksum") != step.checksum() {
            return Err(MigrateError::Changed { file });
        }
    }
    Ok(steps.get(ran.len()..).unwrap_or_default())
}

/// Takes the lock of the session's schema and tells its number.
///
/// Polls: a session that waited inside a statement would hold a snapshot, and an index built concurrently would wait for it in turn.
async fn lock(client: &Client) -> Result<i64, MigrateError> {
    let number: i64 = client.query_one(LOCK_OF, &[&LOCK]).await?.get(0);
    for _ in 0..LOCK_TRIES {
        if client.query_one(TRY_LOCK, &[&number]).await?.get(0) {
            return Ok(number);
        }
        tokio::time::sleep(LOCK_PAUSE).await;
    }
    Err(MigrateError::Busy)
}

async fn apply_pending(client: &mut Client, steps: &[Step]) -> Result<Vec<String>, MigrateError> {
    client.batch_execute(SET_UP).await?;
    let mut applied = Vec::new();
    for step in pending(client, steps).await? {
        apply(client, step).await.map_err(|source| MigrateError::Step { file: step.file, source })?;
        tracing::info!(step = step.file, "a migration step ran");
        applied.push(step.file.to_owned());
    }
    Ok(applied)
}

async fn apply(client: &mut Client, step: &Step) -> Result<(), tokio_postgres::Error> {
    if let Some(parts) = step.loose_parts() {
        for part in parts {
            client.batch_execute(part).await?;
        }
        return record(client, step).await;
    }
    let tx = client.transaction().await?;
    tx.batch_execute(step.sql).await?;
    record(&tx, step).await?;
    tx.commit().await
}

/// Writes down that a step ran.
async fn record(client: &(impl GenericClient + Sync), step: &Step) -> Result<(), tokio_postgres::Error> {
    let number = step.number().unwrap_or(0);
    let phase = step.phase().map_or("expand", |phase| phase.name());
    let checksum = step.checksum();
    client.execute(RECORD, &[&number, &step.file, &phase, &checksum.as_slice()]).await.map(drop)
}
