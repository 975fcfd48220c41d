//! Chores as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Chore, ClusterId, OrderId, Tended};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::{DbError, Tx};

/// A chore as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedChore)]
pub(super) struct Listed {
    /// Which.
    id: Uuid,
    /// `check`, `analyze`, `vacuum` or `reindex`.
    chore: String,
    /// `ordered` until every hotel is through, then `done`.
    state: &'static str,
    /// Who asked for it.
    asked_by: String,
    /// When.
    created_at: Timestamp,
    /// Hotels that are through.
    through: usize,
    /// Of these, those at which it could not be done.
    failed: usize,
    /// Of these, those in which something was found.
    found: usize,
    /// How it went, hotel by hotel.
    tenants: Vec<At>,
}

/// How it went at a hotel.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ChoreAtTenant)]
struct At {
    /// Whose.
    tenant_id: Uuid,
    /// The name in its address.
    slug: String,
    /// `ordered`, `done` or `failed`.
    state: String,
    /// How long it took, in milliseconds.
    took_ms: Option<i32>,
    /// What was found that should not be.
    findings: Vec<String>,
    /// Why it could not be done.
    error: Option<String>,
}

/// A hotel that is meant, and where its tables lie.
pub(super) struct Meant {
    pub(super) tenant: TenantId,
    pub(super) slug: String,
    pub(super) cluster: ClusterId,
    pub(super) database: String,
}

/// The hotels that are served and are of a plan or of these names; all where neither is said.
pub(super) async fn meant(tx: &mut Tx, plan: Option<&str>, tenants: Option<&[String]>) -> Result<Vec<Meant>, DbError> {
    let rows = sqlx::query!(
        "select t.id, t.slug, d.cluster_id, d.name
           from tenants t
           join databases d on d.tenant_id = t.id and d.state = 'live'
           join subscriptions s on s.tenant_id = t.id
          where t.status <> 'churned' and ($1::text is null or s.plan_id = $1) and ($2::text[] is null or t.slug = any($2))
          order by t.slug",
        plan,
        tenants
    );
    let meant = rows.fetch_all(&mut **tx).await?.into_iter().map(|row| Meant {
        tenant: TenantId(row.id),
        slug: row.slug,
        cluster: ClusterId(row.cluster_id),
        database: row.name,
    });
    Ok(meant.collect())
}

/// Writes down a chore.
pub(super) async fn begin(
    tx: &mut Tx,
    id: Uuid,
    (chore, asked_by): (Chore, &str),
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into chores (id, chore, asked_by, created_at) values ($1, $2, $3, $4)",
        id,
        chore.as_str(),
        asked_by,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that it was ordered for a hotel.
pub(super) async fn note_ordered(tx: &mut Tx, id: Uuid, (tenant, order): (TenantId, Uuid)) -> Result<(), DbError> {
    sqlx::query!("insert into chore_tenants (chore_id, tenant_id, order_id) values ($1, $2, $3)", id, tenant.0, order)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Sends chores that are ordered to where their hotels' tables lie now, those of one tenant or everybody's; how many. One that a worker has is
/// anybody's again, and what that worker says of the place that was left counts no more.
pub(in crate::fleet) async fn follow(tx: &mut Tx, tenant: Option<TenantId>, now: Timestamp) -> Result<u64, DbError> {
    let led = sqlx::query!(
        "with astray as (
             select o.id, d.cluster_id, d.name
               from chore_tenants c
               join databases d on d.tenant_id = c.tenant_id and d.state = 'live'
               join work_orders o on o.id = c.order_id
              where c.state = 'ordered' and ($1::uuid is null or c.tenant_id = $1)
                and o.state in ('queued', 'leased') and o.task->>'database' <> d.name
              order by o.id for update of o)
         update work_orders o
            set state = 'queued', attempts = 0, next_attempt_at = $2, cluster_id = a.cluster_id,
                task = o.task || jsonb_build_object('cluster', a.cluster_id, 'database', a.name)
           from astray a where o.id = a.id",
        tenant.map(|tenant| tenant.0),
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(led.rows_affected())
}

/// Writes down how it went at a hotel. Nothing where that was known.
pub(in crate::fleet) async fn tended(
    tx: &mut Tx,
    order: OrderId,
    told: &Tended,
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "update chore_tenants set state = 'done', took_ms = $2, findings = $3, finished_at = $4
          where order_id = $1 and state = 'ordered'",
        order.0,
        i32::try_from(told.took_ms).unwrap_or(i32::MAX),
        &told.found,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down what no worker will say any more: orders that were given up. They are not tried again by hand.
pub(in crate::fleet) async fn given_up(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "with over as (
             update work_orders set state = 'done' where state = 'failed' and kind = 'tend_tenant' returning id, last_error)
         update chore_tenants c set state = 'failed', error = coalesce(o.last_error, 'its order was given up'), finished_at = $1
           from over o where c.order_id = o.id and c.state = 'ordered'",
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A chore, those at which it failed and those in which something was found first.
pub(super) async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Listed>, DbError> {
    let known = sqlx::query!("select chore, asked_by, created_at from chores where id = $1", id);
    let Some(known) = known.fetch_optional(&mut *conn).await? else { return Ok(None) };
    let rows = sqlx::query!(
        "select c.tenant_id, t.slug, c.state, c.took_ms, c.findings, c.error
           from chore_tenants c join tenants t on t.id = c.tenant_id
          where c.chore_id = $1 order by c.state <> 'failed', cardinality(c.findings) = 0, t.slug",
        id
    );
    let tenants: Vec<At> = rows
        .fetch_all(conn)
        .await?
        .into_iter()
        .map(|row| At {
            tenant_id: row.tenant_id,
            slug: row.slug,
            state: row.state,
            took_ms: row.took_ms,
            findings: row.findings,
            error: row.error,
        })
        .collect();
    let counted = |counts: fn(&&At) -> bool| tenants.iter().filter(counts).count();
    let through = counted(|at| at.state != "ordered");
    Ok(Some(Listed {
        id,
        chore: known.chore,
        state: if through == tenants.len() { "done" } else { "ordered" },
        asked_by: known.asked_by,
        created_at: known.created_at.to_jiff(),
        through,
        failed: counted(|at| at.state == "failed"),
        found: counted(|at| !at.findings.is_empty()),
        tenants,
    }))
}
