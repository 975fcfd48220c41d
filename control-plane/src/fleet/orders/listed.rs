//! Orders as staff and gauges see them.
use hotelhub_kernel::{Cursor, Page, TenantId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use crate::database::DbError;

/// An order as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedOrder)]
pub struct Listed {
    /// Which.
    pub id: Uuid,
    /// `create_tenant`, `prepare_database`, `drop_database`, `drop_template`, `migrate_databases`, `back_up_tenant`, `restore_tenant`,
    /// `prune_backups`, `take_base`, `recover_tenant`, `prune_bases`, `export_tenant`, `import_tenant`, `tend_tenant`, `copy_tenant`,
    /// `switch_tenant`, `clear_move` or `undo_move`.
    pub kind: String,
    /// `queued`, `leased`, `done` or `failed`.
    pub state: String,
    /// On which cluster.
    pub cluster: String,
    /// For which database, which template, to which version, or of which server.
    pub database: String,
    /// For which tenant.
    pub tenant_id: Option<Uuid>,
    /// The tenant's slug.
    pub slug: Option<String>,
    /// How often it was leased.
    pub attempts: i16,
    /// By which node.
    pub leased_by: Option<String>,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// When it is tried next.
    pub next_attempt_at: Timestamp,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// The orders of a state, or all, newest first.
pub async fn list(
    pool: &PgPool,
    state: Option<&str>,
    tenant: Option<Uuid>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Listed>, DbError> {
    let rows = sqlx::query!(
        "select o.id, o.kind, o.state, o.cluster_id, coalesce(o.database_name, o.task->>'database', o.task->>'template', o.task->>'to', o.task->>'tenant', o.task->'moving'->'target'->>'database', o.task->'recovery'->>'of', o.task->>'base', o.cluster_id) as \"database!\", o.tenant_id, t.slug as \"slug?\", o.attempts,
                o.leased_by, o.last_error, o.next_attempt_at, o.created_at, o.finished_at
           from work_orders o left join tenants t on t.id = o.tenant_id
          where ($1::text is null or o.state = $1) and ($2::uuid is null or o.tenant_id = $2)
            and ($3::uuid is null or o.id < $3)
          order by o.id desc limit $4",
        state,
        tenant,
        after.map(|cursor| cursor.id),
        i64::try_from(limit + 1).unwrap_or(i64::MAX)
    )
    .fetch_all(pool)
    .await?;
    let listed = rows.into_iter().map(|row| Listed {
        id: row.id,
        kind: row.kind,
        state: row.state,
        cluster: row.cluster_id,
        database: row.database,
        tenant_id: row.tenant_id,
        slug: row.slug,
        attempts: row.attempts,
        leased_by: row.leased_by,
        last_error: row.last_error,
        next_attempt_at: row.next_attempt_at.to_jiff(),
        created_at: row.created_at.to_jiff(),
        finished_at: row.finished_at.map(|at| at.to_jiff()),
    });
    Ok(Page::cut(listed.collect(), limit, |order| Cursor { key: String::new(), id: order.id }))
}

/// The latest orders of one tenant.
pub(crate) async fn of_tenant(pool: &PgPool, tenant: TenantId) -> Result<Vec<Listed>, DbError> {
    Ok(list(pool, None, Some(tenant.0), None, 20).await?.items)
}

/// Orders that are not done, by state, and the age of the oldest that somebody still waits for, in seconds.
pub(crate) async fn open(pool: &PgPool, now: Timestamp) -> Result<Open, DbError> {
    let row = sqlx::query!(
        r#"select count(*) filter (where state = 'queued') as "queued!", count(*) filter (where state = 'leased') as "leased!",
                  count(*) filter (where state = 'failed') as "failed!",
                  coalesce(extract(epoch from $1::timestamptz - min(created_at) filter (where state <> 'failed')), 0)::bigint as "oldest!"
             from work_orders where state in ('queued', 'leased', 'failed')"#,
        now.to_sqlx() as _
    )
    .fetch_one(pool)
    .await?;
    Ok(Open { queued: row.queued, leased: row.leased, failed: row.failed, oldest_seconds: row.oldest })
}

/// What [`open`] counts.
pub(crate) struct Open {
    pub(crate) queued: i64,
    pub(crate) leased: i64,
    pub(crate) failed: i64,
    pub(crate) oldest_seconds: i64,
}
