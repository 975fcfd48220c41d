//! Orders as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{OrderId, Report, Task};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::model::{ATTEMPTS, COPYING, LEASE, LONG_LEASE, LONGEST_LEASE, MOVING, OLD};
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

/// Places an order: leased to a worker when one is named, else queued, and the workers are told when the transaction commits.
pub(super) async fn place(tx: &mut Tx, order: &NewOrder, to: Option<&str>, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        r#"with placed as (
               insert into work_orders (id, kind, cluster_id, database_name, tenant_id, priority, task, next_attempt_at, created_at,
                                        state, fence, attempts, leased_by, leased_at, leased_until)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $8, case when $10::text is null then 'queued' else 'leased' end,
                       ($10::text is not null)::int, ($10::text is not null)::int, $10,
                       case when $10::text is not null then $8::timestamptz end, $11)
               returning state)
           select pg_notify($9, '') from placed where state = 'queued'"#,
        order.id,
        order.task.kind(),
        order.task.cluster().0,
        order.task.database(),
        order.tenant.map(|tenant| tenant.0),
        order.priority,
        Json(&order.task) as _,
        now.to_sqlx() as _,
        Wake::Orders.channel(),
        to,
        to.map(|_| (now + LEASE).to_sqlx()) as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(())
}

/// Puts an order back whose worker was gone before it was handed over.
pub(super) async fn take_back(pool: &PgPool, leased: &Leased, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        r#"with taken_back as (
               update work_orders set state = 'queued', attempts = attempts - 1, next_attempt_at = $3
                where id = $1 and fence = $2 and state = 'leased'
               returning id)
           select pg_notify($4, '') from taken_back"#,
        leased.id.0,
        i64::try_from(leased.fence).unwrap_or(i64::MAX),
        now.to_sqlx() as _,
        Wake::Orders.channel()
    )
    .fetch_optional(pool)
    .await?;
    Ok(())
}

/// An order that was leased.
#[derive(Debug)]
pub(super) struct Leased {
    pub(super) id: OrderId,
    pub(super) fence: u64,
    pub(super) until: Timestamp,
    pub(super) task: Task,
}

/// What a worker looks for.
pub(super) struct Wish<'a> {
    /// The worker.
    pub(super) node: &'a str,
    /// Servers it may go to, and has reached.
    pub(super) clusters: &'a [String],
    /// Servers it may go to; nothing where it is of a release that knows none but [`OLD`] orders.
    pub(super) known: Option<&'a [String]>,
    /// Orders it has, where it keeps count.
    pub(super) holding: Option<&'a [OrderId]>,
    /// Whether it has room for databases to migrate or to tend.
    pub(super) migrating: bool,
    /// Whether it has a store of backups, and room for an order about one.
    pub(super) copying: bool,
    /// Whether it has a store of backups, and room for an order about base backups.
    pub(super) basing: bool,
    /// Whether it has room for a step of a move.
    pub(super) moving: bool,
}

/// Leases the most urgent order that is due on one of these clusters, or whose worker let its lease run out, or that was leased to this
/// very worker and is not among those it says it is holding. A move is undone although its target cannot be reached, and cleared although its
/// source cannot: the hotel goes first. What is made out of the store alone, or removed from it, asks nothing of its server.
pub(super) async fn lease(pool: &PgPool, wish: &Wish<'_>, now: Timestamp) -> Result<Option<Leased>, DbError> {
    let holding: Option<Vec<Uuid>> = wish.holding.map(|orders| orders.iter().map(|order| order.0).collect());
    let row = sqlx::query!(
        r#"update work_orders
              set state = 'leased', fence = fence + 1, attempts = attempts + 1, leased_by = $2, leased_at = $3,
                  leased_until = case when kind = 'migrate_databases' then $8::timestamptz
                                      when kind = any($10) or kind in ('copy_tenant', 'tend_tenant') then $11::timestamptz
                                      else $4::timestamptz end
            where id = (select id from work_orders
                         where cluster_id = any(coalesce($15::text[], $1::text[])) and (cluster_id = any($1)
                                    or kind in ('clear_move', 'prune_backups')
                                    or kind = 'recover_tenant' and coalesce((task->'recovery'->>'store_alone')::boolean, false))
                           and attempts < $5
                           and (kind not in ('migrate_databases', 'tend_tenant') or $7)
                           and (kind <> all($10) or case when kind in ('take_base', 'prune_bases') then $16::boolean else $9::boolean end)
                           and (kind = any($14) or $15::text[] is not null)
                           and (kind <> all($12)
                                or ($13 and task->'moving'->'target'->>'cluster' = any(case kind when 'undo_move' then $15 else $1 end)))
                           and ((state = 'queued' and next_attempt_at <= $3)
                                or (state = 'leased' and (leased_until <= $3 or (leased_by = $2 and id <> all($6)))))
                         order by priority, next_attempt_at
                         limit 1 for update skip locked)
           returning id, fence, leased_until as "until!", task as "task: Json<Task>""#,
        wish.clusters,
        wish.node,
        now.to_sqlx() as _,
        (now + LEASE).to_sqlx() as _,
        ATTEMPTS,
        holding.as_deref(),
        wish.migrating,
        (now + LONG_LEASE).to_sqlx() as _,
        wish.copying,
        &COPYING.map(str::to_owned),
        (now + LONGEST_LEASE).to_sqlx() as _,
        &MOVING.map(str::to_owned),
        wish.moving,
        &OLD.map(str::to_owned),
        wish.known,
        wish.basing
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Leased {
        id: OrderId(row.id),
        fence: u64::try_from(row.fence).unwrap_or(0),
        until: row.until.to_jiff(),
        task: row.task.0,
    }))
}

/// What a report meets.
pub(super) enum Met {
    /// The lease it speaks of, now closed: a tenant is there, or a ready-made database.
    Lease { tenant: Option<Uuid> },
    /// The same report came before.
    Repeated,
    /// The order is another's by now, or nobody's.
    Stale,
}

/// Closes a lease as done, if it is still the reporter's: its tenant's database is live and the sign-up told, or it is in stock.
/// `template` is the version that the order's one database has now: no word of a database that was somebody's house and is gone.
pub(super) async fn close(
    tx: &mut Tx,
    node: &str,
    report: &Report,
    template: Option<&str>,
    now: Timestamp,
) -> Result<Met, DbError> {
    let fence = i64::try_from(report.fence).unwrap_or(i64::MAX);
    let closed = sqlx::query!(
        r#"with closed as (
               update work_orders set state = 'done', finished_at = $4, last_error = null
                where id = $1 and fence = $2 and leased_by = $3 and state in ('leased', 'failed')
                  and ($5::text is null or kind <> 'drop_database' or task->>'tenant' is null)
               returning tenant_id, database_name),
           live as (
               update databases d set state = 'live', template = $5 from closed c
                where d.name = c.database_name and c.tenant_id is not null and d.state = 'claimed'
               returning c.tenant_id, d.name),
           lodged as (
               insert into lodgings (tenant_id, database_name, since) select tenant_id, name, $4 from live),
           stocked as (
               update databases d set state = 'ready', template = $5 from closed c
                where d.name = c.database_name and c.tenant_id is null and d.state in ('preparing', 'failed')),
           gone as (
               update databases d set state = 'dropped' from closed c where d.name = c.database_name and d.state = 'retired'),
           told as (
               update signups s set status = 'ready', ready_at = $4 from closed c where s.tenant_id = c.tenant_id
               returning pg_notify($6, ''))
           select tenant_id, (select count(*) from told) as told from closed"#,
        report.order.0,
        fence,
        node,
        now.to_sqlx() as _,
        template,
        Wake::Signups.channel()
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = closed {
        return Ok(Met::Lease { tenant: row.tenant_id });
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

/// What an order drops.
pub(super) enum Drops {
    /// Nothing: it is of another kind.
    Nothing,
    /// A database that nobody was given.
    Unwanted,
    /// The database of a deleted tenant.
    House(TenantId),
}

/// What an order drops.
pub(super) async fn drops(tx: &mut Tx, order: OrderId) -> Result<Drops, DbError> {
    let row = sqlx::query!(r#"select task as "task: Json<Task>" from work_orders where id = $1"#, order.0);
    Ok(match row.fetch_optional(&mut **tx).await?.map(|row| row.task.0) {
        Some(Task::DropDatabase { tenant: Some(tenant), .. }) => Drops::House(tenant),
        Some(Task::DropDatabase { tenant: None, .. }) => Drops::Unwanted,
        _ => Drops::Nothing,
    })
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
         update signups s set status = 'failed' from put_back p where p.state = 'failed' and s.tenant_id = p.tenant_id
         returning pg_notify($5, '')",
        order.0,
        reason,
        again.map(|at| at.to_sqlx()) as _,
        now.to_sqlx() as _,
        Wake::Signups.channel()
    )
    .fetch_optional(&mut **tx)
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
         told as (
             update signups s set status = 'failed' from swept w where s.tenant_id = w.tenant_id
             returning pg_notify($3, ''))
         select (select count(*) from told) as told from swept",
        now.to_sqlx() as _,
        ATTEMPTS,
        Wake::Signups.channel()
    )
    .fetch_all(pool)
    .await?;
    Ok(u64::try_from(swept.len()).unwrap_or(u64::MAX))
}

/// Tries a failed order again from the first attempt on; whether it had failed. Nothing is made for a deleted tenant.
pub(crate) async fn retry(tx: &mut Tx, order: Uuid, now: Timestamp) -> Result<bool, DbError> {
    let retried = sqlx::query!(
        r#"with retried as (
               update work_orders set state = 'queued', attempts = 0, next_attempt_at = $2, finished_at = null
                where id = $1 and state = 'failed'
                  and not exists (select from tenants t where t.id = work_orders.tenant_id and t.status = 'churned')
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
