//! Orders as rows.
use hotelhub_kernel::{Cursor, Page, TenantId};
use hotelhub_protocol::{OrderId, Report, Task};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::model::{ATTEMPTS, LEASE};
use crate::database::{DbError, Tx};
use crate::wakes::Wake;

/// Every state an order can be in, in the order of its life.
pub(super) const STATES: [&str; 4] = ["queued", "leased", "done", "failed"];

/// An order to be placed.
pub(crate) struct NewOrder {
    pub(crate) id: Uuid,
    pub(crate) tenant: Option<TenantId>,
    /// Lower goes first.
    pub(crate) priority: i16,
    pub(crate) task: Task,
}

/// Places an order and tells the workers when the transaction commits.
pub(crate) async fn place(tx: &mut Tx, order: &NewOrder, now: Timestamp) -> Result<(), DbError> {
    let (kind, cluster, database) = match &order.task {
        Task::PrepareDatabase { cluster, database, .. } => ("prepare_database", cluster, database),
        Task::CreateTenant { cluster, database, .. } => ("create_tenant", cluster, database),
    };
    sqlx::query!(
        r#"with placed as (
               insert into work_orders (id, kind, cluster_id, database_name, tenant_id, priority, task, next_attempt_at, created_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $8))
           select pg_notify($9, '')"#,
        order.id,
        kind,
        cluster.0,
        database,
        order.tenant.map(|tenant| tenant.0),
        order.priority,
        Json(&order.task) as _,
        now.to_sqlx() as _,
        Wake::Orders.channel()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// An order that was leased.
pub(super) struct Leased {
    pub(super) id: OrderId,
    pub(super) fence: u64,
    pub(super) until: Timestamp,
    pub(super) task: Task,
}

/// Leases the most urgent order that is due on one of these clusters, or whose worker let its lease run out.
pub(super) async fn lease(
    pool: &PgPool,
    node: &str,
    clusters: &[String],
    now: Timestamp,
) -> Result<Option<Leased>, DbError> {
    let until = now + LEASE;
    let row = sqlx::query!(
        r#"update work_orders
              set state = 'leased', fence = fence + 1, attempts = attempts + 1, leased_by = $2, leased_at = $3,
                  leased_until = $4
            where id = (select id from work_orders
                         where cluster_id = any($1) and attempts < $5
                           and ((state = 'queued' and next_attempt_at <= $3) or (state = 'leased' and leased_until <= $3))
                         order by priority, next_attempt_at
                         limit 1 for update skip locked)
           returning id, fence, task as "task: Json<Task>""#,
        clusters,
        node,
        now.to_sqlx() as _,
        until.to_sqlx() as _,
        ATTEMPTS
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Leased {
        id: OrderId(row.id),
        fence: u64::try_from(row.fence).unwrap_or(0),
        until,
        task: row.task.0,
    }))
}

/// What a report meets.
pub(super) enum Met {
    /// The lease it speaks of, now closed.
    Lease { tenant: Option<Uuid>, database: String },
    /// The same report came before.
    Repeated,
    /// The order is another's by now, or nobody's.
    Stale,
}

/// Closes a lease as done, if it is still the reporter's.
pub(super) async fn close(tx: &mut Tx, node: &str, report: &Report, now: Timestamp) -> Result<Met, DbError> {
    let fence = i64::try_from(report.fence).unwrap_or(i64::MAX);
    let closed = sqlx::query!(
        "update work_orders set state = 'done', finished_at = $4, last_error = null
          where id = $1 and fence = $2 and leased_by = $3 and state in ('leased', 'failed')
         returning tenant_id, database_name",
        report.order.0,
        fence,
        node,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = closed {
        return Ok(Met::Lease { tenant: row.tenant_id, database: row.database_name });
    }
    let done = sqlx::query!(
        "select id from work_orders where id = $1 and fence = $2 and leased_by = $3 and state = 'done'",
        report.order.0,
        fence,
        node
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(if done.is_some() { Met::Repeated } else { Met::Stale })
}

/// How often a leased order was tried, locked for its report; nothing when the lease is not the reporter's.
pub(super) async fn attempts(tx: &mut Tx, node: &str, report: &Report) -> Result<Option<i16>, DbError> {
    let row = sqlx::query!(
        "select attempts from work_orders where id = $1 and fence = $2 and leased_by = $3 and state = 'leased' for update",
        report.order.0,
        i64::try_from(report.fence).unwrap_or(i64::MAX),
        node
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| row.attempts))
}

/// Puts a failed attempt back for `again`, or shows the order to staff when there is no again.
pub(super) async fn put_back(
    tx: &mut Tx,
    order: OrderId,
    reason: &str,
    again: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "with put_back as (
             update work_orders
                set state = case when $3::timestamptz is null then 'failed' else 'queued' end,
                    next_attempt_at = coalesce($3, next_attempt_at), last_error = $2,
                    finished_at = case when $3 is null then $4::timestamptz end
              where id = $1
             returning state, database_name, tenant_id),
         spoilt as (
             update databases d set state = 'failed' from put_back p
              where p.state = 'failed' and d.name = p.database_name and d.state = 'preparing')
         update signups s set status = 'failed' from put_back p where p.state = 'failed' and s.tenant_id = p.tenant_id",
        order.0,
        reason,
        again.map(|at| at.to_sqlx()) as _,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Shows to staff what was leased for the last time and never heard of again; how many there were.
pub async fn sweep(pool: &PgPool, now: Timestamp) -> Result<u64, DbError> {
    let swept = sqlx::query!(
        "with swept as (
             update work_orders
                set state = 'failed', finished_at = $1, last_error = coalesce(last_error, 'its worker was not heard of again')
              where state = 'leased' and leased_until < $1 and attempts >= $2
             returning database_name, tenant_id),
         spoilt as (
             update databases d set state = 'failed' from swept s where d.name = s.database_name and d.state = 'preparing'),
         told as (update signups s set status = 'failed' from swept w where s.tenant_id = w.tenant_id)
         select 1 as one from swept",
        now.to_sqlx() as _,
        ATTEMPTS
    )
    .fetch_all(pool)
    .await?;
    Ok(u64::try_from(swept.len()).unwrap_or(u64::MAX))
}

/// Tries a failed order again from the first attempt on; whether it had failed.
pub(crate) async fn retry(tx: &mut Tx, order: Uuid, now: Timestamp) -> Result<bool, DbError> {
    let retried = sqlx::query!(
        r#"with retried as (
               update work_orders set state = 'queued', attempts = 0, next_attempt_at = $2, finished_at = null
                where id = $1 and state = 'failed'
               returning database_name, tenant_id),
           mended as (
               update databases d set state = 'preparing' from retried r where d.name = r.database_name and d.state = 'failed'),
           told as (update signups s set status = 'preparing' from retried r where s.tenant_id = r.tenant_id)
           select pg_notify($3, '') from retried"#,
        order,
        now.to_sqlx() as _,
        Wake::Orders.channel()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(retried.is_some())
}

/// An order as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedOrder)]
pub struct Listed {
    /// Which.
    pub id: Uuid,
    /// `create_tenant` or `prepare_database`.
    pub kind: String,
    /// `queued`, `leased`, `done` or `failed`.
    pub state: String,
    /// On which cluster.
    pub cluster: String,
    /// For which database.
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
        "select o.id, o.kind, o.state, o.cluster_id, o.database_name, o.tenant_id, t.slug as \"slug?\", o.attempts,
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
        database: row.database_name,
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
