//! Jobs as rows.
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::Job;
use crate::tenancy::{DbError, Session};

const INSERT: &str = "
    insert into jobs (id, queue, name, version, payload, due_at, created_at)
    values ($1, $2, $3, $4, $5, $6, $7)";

/// Takes what is due, also from a worker whose lease ran out. Names and versions this program does not know stay where they are.
const CLAIM: &str = "
    with known as (
        select name, version, lease_ms
          from unnest($3::text[], $4::smallint[], $5::bigint[]) as known (name, version, lease_ms)
    ), due as (
        select j.id, known.lease_ms
          from jobs j join known on known.name = j.name and j.version <= known.version
         where (j.state = 'queued' and j.due_at <= $1) or (j.state = 'running' and j.leased_until <= $1)
         order by j.due_at
         limit $2
           for update of j skip locked
    )
    update jobs j
       set state = 'running', attempts = j.attempts + 1, fence = j.fence + 1,
           leased_until = $1 + due.lease_ms * interval '1 millisecond'
      from due
     where j.id = due.id
    returning j.id, j.name, j.payload, j.attempts, j.fence, j.due_at, j.leased_until";

/// When a look is worth while next: a job comes due, or the lease of another worker runs out.
const NEXT: &str = "
    select min(case j.state when 'queued' then j.due_at else j.leased_until end)
      from jobs j join unnest($1::text[], $2::smallint[]) as known (name, version)
        on known.name = j.name and j.version <= known.version
     where j.state in ('queued', 'running') and j.id <> all($3)";

const DONE: &str = "
    update jobs set state = 'done', finished_at = $3, leased_until = null, last_error = null
     where id = $1 and fence = $2 and state = 'running'";

const AGAIN: &str = "
    update jobs set state = 'queued', due_at = $3, leased_until = null, last_error = $4
     where id = $1 and fence = $2 and state = 'running'";

const FAILED: &str = "
    update jobs set state = 'failed', finished_at = $3, leased_until = null, last_error = $4
     where id = $1 and fence = $2 and state = 'running'";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[INSERT, CLAIM, NEXT, DONE, AGAIN, FAILED];

/// The jobs a program knows, as three columns of the same length.
#[derive(Clone, Default)]
pub(super) struct Known {
    pub(super) names: Vec<&'static str>,
    pub(super) versions: Vec<i16>,
    /// How long a claim of each keeps others away, in milliseconds.
    pub(super) leases: Vec<i64>,
}

/// A job under this worker's lease.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) payload: Value,
    /// This one included.
    pub(super) attempts: i16,
    pub(super) fence: i64,
    pub(super) due: Timestamp,
    pub(super) leased_until: Timestamp,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Again { due: Timestamp, error: String },
    Failed { error: String },
}

pub(super) async fn insert<J: Job>(
    session: &Session,
    id: Uuid,
    payload: &Value,
    due: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    session.execute(INSERT, &[&id, &J::POLICY.queue, &J::NAME, &J::VERSION, payload, &due, &now]).await?;
    Ok(())
}

pub(super) async fn claim(
    session: &Session,
    now: Timestamp,
    most: i64,
    known: &Known,
) -> Result<Vec<Claimed>, DbError> {
    let Known { names, versions, leases } = known;
    let rows = session.query(CLAIM, &[&now, &most, names, versions, leases]).await?;
    let claimed = rows.iter().map(|row| Claimed {
        id: row.get("id"),
        name: row.get("name"),
        payload: row.get("payload"),
        attempts: row.get("attempts"),
        fence: row.get("fence"),
        due: row.get("due_at"),
        leased_until: row.get("leased_until"),
    });
    let mut claimed: Vec<Claimed> = claimed.collect();
    claimed.sort_by_key(|job| (job.due, job.id));
    Ok(claimed)
}

pub(super) async fn next(session: &Session, known: &Known, own: &[Claimed]) -> Result<Option<Timestamp>, DbError> {
    let own: Vec<Uuid> = own.iter().map(|job| job.id).collect();
    Ok(session.query_one(NEXT, &[&known.names, &known.versions, &own]).await?.get(0))
}

/// Whether the job was still this worker's to end.
pub(super) async fn end(session: &Session, job: &Claimed, end: &End, now: Timestamp) -> Result<bool, DbError> {
    let changed = match end {
        End::Done => session.execute(DONE, &[&job.id, &job.fence, &now]).await?,
        End::Again { due, error } => session.execute(AGAIN, &[&job.id, &job.fence, due, error]).await?,
        End::Failed { error } => session.execute(FAILED, &[&job.id, &job.fence, &now, error]).await?,
    };
    Ok(changed == 1)
}
