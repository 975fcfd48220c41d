//! What staff read of rollouts, as rows.
use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use crate::database::DbError;

/// A rollout as staff see it in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedRollout)]
pub(super) struct Listed {
    /// Which.
    pub id: Uuid,
    /// The version of the hotel schema the databases are to have.
    pub target: String,
    /// `running`, `halted`, `superseded` by a later one, or `done`.
    pub state: String,
    /// Databases in it.
    pub databases: i64,
    /// Of these, brought to the version.
    pub done: i64,
    /// Of these, failed: they stay on their version.
    pub failed: i64,
    /// It stops by itself when more than this part of the databases tried has failed, in basis points.
    pub tolerated_bp: i32,
    /// Why it stands still.
    pub halted_because: Option<String>,
    /// Who began it.
    pub started_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When the last database was through.
    pub finished_at: Option<Timestamp>,
}

/// The latest rollouts, or the one of this id, the newest first.
pub(super) async fn list(pool: &PgPool, id: Option<Uuid>, limit: i64) -> Result<Vec<Listed>, DbError> {
    let rows = sqlx::query!(
        r#"select r.id, r.target, r.state, r.tolerated_bp, r.halted_because, r.started_by, r.created_at, r.finished_at,
                  c.databases as "databases!", c.done as "done!", c.failed as "failed!"
             from rollouts r
             join lateral (select count(*) as databases, count(*) filter (where state = 'done') as done,
                                  count(*) filter (where state = 'failed') as failed
                             from rollout_databases where rollout_id = r.id) c on true
            where ($1::uuid is null or r.id = $1)
            order by r.id desc limit $2"#,
        id,
        limit
    )
    .fetch_all(pool)
    .await?;
    let listed = rows.into_iter().map(|row| Listed {
        id: row.id,
        target: row.target,
        state: row.state,
        databases: row.databases,
        done: row.done,
        failed: row.failed,
        tolerated_bp: row.tolerated_bp,
        halted_because: row.halted_because,
        started_by: row.started_by,
        created_at: row.created_at.to_jiff(),
        finished_at: row.finished_at.map(|at| at.to_jiff()),
    });
    Ok(listed.collect())
}

/// How a wave stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(super) struct Wave {
    /// 0 is the one hotel that goes first.
    pub wave: i16,
    /// Databases in it.
    pub databases: i64,
    /// Being migrated.
    pub ordered: i64,
    /// Brought to the version.
    pub done: i64,
    /// Failed.
    pub failed: i64,
}

/// The waves of a rollout that have databases.
pub(super) async fn waves(pool: &PgPool, rollout: Uuid) -> Result<Vec<Wave>, DbError> {
    let waves = sqlx::query_as!(
        Wave,
        r#"select wave, count(*) as "databases!", count(*) filter (where state = 'ordered') as "ordered!",
                  count(*) filter (where state = 'done') as "done!", count(*) filter (where state = 'failed') as "failed!"
             from rollout_databases where rollout_id = $1 group by wave order by wave"#,
        rollout
    );
    Ok(waves.fetch_all(pool).await?)
}

/// A database of a rollout and how it went.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RolloutDatabase {
    /// Whose.
    pub tenant_id: Uuid,
    /// The tenant's slug.
    pub slug: String,
    /// The database.
    pub database: String,
    /// `waiting`, `ordered`, `done` or `failed`.
    pub state: String,
    /// The wave it is in.
    pub wave: i16,
    /// The version it had.
    pub from_version: String,
    /// How long it took, in milliseconds.
    pub took_ms: Option<i32>,
    /// Why it failed.
    pub error: Option<String>,
}

/// The databases of a rollout: those that failed first, then the slowest.
pub(super) async fn databases(pool: &PgPool, rollout: Uuid, limit: i64) -> Result<Vec<RolloutDatabase>, DbError> {
    let rows = sqlx::query_as!(
        RolloutDatabase,
        r#"select r.tenant_id, t.slug, r.database_name as database, r.state, r.wave, r.from_version, r.took_ms, r.error
             from rollout_databases r join tenants t on t.id = r.tenant_id
            where r.rollout_id = $1
            order by r.state <> 'failed', r.took_ms desc nulls last, t.slug limit $2"#,
        rollout,
        limit
    );
    Ok(rows.fetch_all(pool).await?)
}
