//! Databases as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, ReadyDatabase};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Arrivals, Drop, Stock};
use crate::database::{DbError, Tx};
use crate::fleet::{chores, clusters};

const TEN_MINUTES: SignedDuration = SignedDuration::from_mins(10);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A database given to a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) cluster: ClusterId,
    pub(crate) name: String,
}

/// A database's name and its role's name.
pub(crate) fn name(id: Uuid) -> String {
    format!("t_{}", id.simple())
}

/// Claims the oldest ready-made database of the cluster that is right for a tenant, or of the one it is to come to; where there is none,
/// names a new one there. Nothing when no cluster has room.
pub(crate) async fn claim(
    tx: &mut Tx,
    (tenant, to): (TenantId, Option<&ClusterId>),
    fresh: Uuid,
    now: Timestamp,
) -> Result<Option<Claimed>, DbError> {
    let need = clusters::need_of(tx, tenant).await?;
    let mut candidates = clusters::candidates(tx).await?;
    candidates.retain(|known| to.is_none_or(|to| known.id == *to));
    let Some(chosen) = clusters::choose(&candidates, need) else { return Ok(None) };
    let ready = sqlx::query!(
        "update databases set state = 'claimed', tenant_id = $1
          where name = (select d.name from databases d join clusters c on c.id = d.cluster_id
                         where d.state = 'ready' and d.template = c.template and c.state = 'open' and c.id = $2
                         order by d.created_at, d.name limit 1 for update of d skip locked)
         returning cluster_id, name",
        tenant.0,
        chosen.id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = ready {
        return Ok(Some(Claimed { cluster: ClusterId(row.cluster_id), name: row.name }));
    }
    if chosen.databases >= chosen.capacity {
        // The last ones that were ready have just been given away.
        return Ok(None);
    }
    let name = name(fresh);
    sqlx::query!(
        "insert into databases (name, cluster_id, state, tenant_id, created_at) values ($1, $2, 'claimed', $3, $4)",
        name,
        chosen.id.0,
        tenant.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(Some(Claimed { cluster: chosen.id.clone(), name }))
}

/// Gives a tenant this database, whose routes are then to be moved; what it had is set aside and named. The generation counts on, since when it
/// lives there is noted, and its chores follow.
pub(crate) async fn replace(
    tx: &mut Tx,
    database: &str,
    tenant: TenantId,
    template: Option<&str>,
    now: Timestamp,
) -> Result<Option<String>, DbError> {
    let old = sqlx::query!(
        "update databases set state = 'set_aside', tenant_id = null where tenant_id = $1 and state = 'live' and name <> $2
         returning name, generation",
        tenant.0,
        database
    )
    .fetch_optional(&mut **tx)
    .await?;
    let generation = old.as_ref().map_or(0, |old| old.generation) + 1;
    sqlx::query!(
        "with lodged as (insert into lodgings (tenant_id, database_name, since) values ($2, $1, $5))
         update databases set state = 'live', tenant_id = $2, template = coalesce($3, template), generation = $4 where name = $1",
        database,
        tenant.0,
        template,
        generation,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    chores::follow(tx, Some(tenant), now).await?;
    Ok(old.map(|old| old.name))
}

/// Ready-made databases named to the fleet role ahead of their claim, per cluster.
const NEXT: i64 = 4;

/// Those that [`claim`] takes next, the oldest first.
pub(crate) async fn next(pool: &PgPool) -> Result<Vec<ReadyDatabase>, DbError> {
    let rows = sqlx::query!(
        r#"select c.id as cluster, d.name as database
             from clusters c
             join lateral (select name, created_at from databases
                            where cluster_id = c.id and state = 'ready' and template = c.template
                            order by created_at, name limit $1) d on true
            where c.state = 'open' order by d.created_at, d.name"#,
        NEXT
    )
    .fetch_all(pool)
    .await?;
    let next = rows.into_iter().map(|row| ReadyDatabase { cluster: ClusterId(row.cluster), database: row.database });
    Ok(next.collect())
}

/// An open cluster that has a template, and its stock.
pub(super) struct Shelf {
    pub(super) cluster: ClusterId,
    pub(super) template: String,
    pub(super) stock: Stock,
}

/// Every open cluster with a template. Two processes that look at the same time take turns until their transactions end.
pub(super) async fn shelves(conn: &mut PgConnection) -> Result<Vec<Shelf>, DbError> {
    sqlx::query!("select pg_advisory_xact_lock($1)", 0x5348_454c_5645_i64).execute(&mut *conn).await?;
    let rows = sqlx::query!(
        r#"select c.id, c.template as "template!", c.capacity,
                  count(d.name) filter (where d.state = 'ready' and d.template = c.template) as "ready!",
                  count(d.name) filter (where d.state = 'preparing') as "preparing!",
                  count(d.name) filter (where d.state not in ('failed', 'dropped')) as "held!"
             from clusters c left join databases d on d.cluster_id = c.id
            where c.state = 'open' and c.template is not null
              and not (c.tier = 'alone' and exists (select from databases a where a.cluster_id = c.id and a.tenant_id is not null))
            group by c.id order by c.id"#
    )
    .fetch_all(&mut *conn)
    .await?;
    let shelf = rows.into_iter().map(|row| Shelf {
        cluster: ClusterId(row.id),
        template: row.template,
        stock: Stock {
            ready: count(row.ready),
            preparing: count(row.preparing),
            room: count((i64::from(row.capacity) - row.held).max(0)),
        },
    });
    Ok(shelf.collect())
}

/// The hotels that signed up lately and lie on a cluster.
pub(super) async fn arrivals(tx: &mut Tx, cluster: &ClusterId, now: Timestamp) -> Result<Arrivals, DbError> {
    let row = sqlx::query!(
        r#"select count(*) filter (where t.created_at > $2) as "ten_minutes!", count(*) as "hour!"
             from tenants t join databases d on d.tenant_id = t.id
            where d.cluster_id = $1 and t.created_at > $3"#,
        cluster.0,
        (now - TEN_MINUTES).to_sqlx() as _,
        (now - HOUR).to_sqlx() as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Arrivals { ten_minutes: count(row.ten_minutes), hour: count(row.hour) })
}

/// How many databases were begun on a cluster after `settled`, and when the newest of all was.
pub(super) async fn made_since(
    tx: &mut Tx,
    cluster: &ClusterId,
    settled: Timestamp,
) -> Result<(u32, Option<Timestamp>), DbError> {
    let row = sqlx::query!(
        r#"select count(*) as "made!", (select max(created_at) from databases where cluster_id = $1) as newest
             from databases where cluster_id = $1 and created_at > $2"#,
        cluster.0,
        settled.to_sqlx() as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((count(row.made), row.newest.map(|at| at.to_jiff())))
}

/// The drop on a cluster that was over last.
pub(super) async fn last_drop(tx: &mut Tx, cluster: &ClusterId) -> Result<Option<Drop>, DbError> {
    let row = sqlx::query!(
        r#"select leased_at as "leased_at!", finished_at as "finished_at!" from work_orders
            where cluster_id = $1 and kind in ('drop_database', 'drop_template') and state = 'done'
              and leased_at is not null and finished_at is not null
            order by finished_at desc limit 1"#,
        cluster.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| {
        let (begun, over) = (row.leased_at.to_jiff(), row.finished_at.to_jiff());
        Drop { over, took: over.duration_since(begun) }
    }))
}

fn count(rows: i64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// Writes down a database that is about to be made.
pub(super) async fn note(tx: &mut Tx, name: &str, cluster: &ClusterId, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into databases (name, cluster_id, state, created_at) values ($1, $2, 'preparing', $3)",
        name,
        cluster.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Waits for the turn of whoever orders drops or begins a move; it lasts until the transaction ends. It is taken before any row is locked.
pub(crate) async fn take_turn(tx: &mut Tx) -> Result<(), DbError> {
    sqlx::query!("select pg_advisory_xact_lock($1)", 0x5245_5449_5245_i64).execute(&mut **tx).await?;
    Ok(())
}

/// A cluster whose template has settled and on which nothing is being dropped.
pub(super) struct Quiet {
    pub(super) id: ClusterId,
    template: String,
}

/// Those whose template is the same since before `settled`. Two processes that look at the same time take turns until their transactions
/// end.
pub(super) async fn quiet_clusters(tx: &mut Tx, settled: Timestamp) -> Result<Vec<Quiet>, DbError> {
    take_turn(tx).await?;
    let rows = sqlx::query!(
        r#"select c.id, c.template as "template!" from clusters c
            where c.template is not null and coalesce(c.template_since, c.created_at) < $1
              and not exists (select from work_orders o
                               where o.cluster_id = c.id and o.kind in ('drop_database', 'drop_template')
                                 and o.state in ('queued', 'leased'))
            order by c.id"#,
        settled.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| Quiet { id: ClusterId(row.id), template: row.template }).collect())
}

/// The templates that a cluster was rid of after `since`, which not every node has noticed, or could not be rid of: staff try that again.
pub(super) async fn seen_to(tx: &mut Tx, cluster: &ClusterId, since: Timestamp) -> Result<Vec<String>, DbError> {
    let seen_to = sqlx::query_scalar!(
        r#"select task->>'template' as "template!" from work_orders
            where cluster_id = $1 and kind = 'drop_template' and (state = 'failed' or (state = 'done' and finished_at > $2))"#,
        cluster.0,
        since.to_sqlx() as _
    );
    Ok(seen_to.fetch_all(&mut **tx).await?)
}

/// A database nobody will be given.
pub(super) struct Unwanted {
    pub(super) database: String,
    pub(super) template: Option<String>,
    /// Whether it was never finished.
    pub(super) failed: bool,
}

/// The oldest database of a cluster that is of another template than the cluster's, or whose making failed before `forgiven`.
pub(super) async fn unwanted(tx: &mut Tx, cluster: &Quiet, forgiven: Timestamp) -> Result<Option<Unwanted>, DbError> {
    let row = sqlx::query!(
        r#"select name, template, state = 'failed' as "failed!" from databases
            where cluster_id = $1 and ((state = 'ready' and template <> $2) or (state = 'failed' and created_at < $3))
            order by created_at limit 1 for update skip locked"#,
        cluster.id.0,
        cluster.template,
        forgiven.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Unwanted { database: row.name, template: row.template, failed: row.failed }))
}

/// Takes a database that is in one of these states out of stock or from its tenant for good, and what was left to try about it out of sight;
/// whether it was in one of them.
pub(super) async fn retire(tx: &mut Tx, database: &str, from: &[&str]) -> Result<bool, DbError> {
    let from: Vec<String> = from.iter().map(|&state| state.to_owned()).collect();
    let retired = sqlx::query_scalar!(
        "with retired as (
             update databases set state = 'retired', tenant_id = null where name = $1 and state = any($2) returning name),
         closed as (
             update work_orders o set state = 'done' from retired r where o.database_name = r.name and o.state = 'failed')
         select name from retired",
        database,
        &from
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(retired.is_some())
}
