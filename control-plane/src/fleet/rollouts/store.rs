//! Rollouts as rows.
use std::collections::HashMap;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, Migrated, OrderId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::{Tally, wave_of_each};
use crate::database::{DbError, Tx};

/// Which tenants are meant: all of them, or those of a cluster, of a plan, of these slugs.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) cluster: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) tenants: Option<Vec<String>>,
}

/// A tenant's database that has fewer steps than the newest template.
pub(super) struct Behind {
    database: String,
    tenant: Uuid,
    version: String,
}

/// The newest template among the clusters meant; none where no fleet worker has told of one.
pub(super) async fn newest(conn: &mut PgConnection, scope: &Scope) -> Result<Option<String>, DbError> {
    let newest = sqlx::query_scalar!(
        r#"select template as "template!" from clusters
            where template is not null and ($1::text is null or id = $1)
            order by substring(template from '^[0-9]+')::int desc, template desc limit 1"#,
        scope.cluster
    );
    Ok(newest.fetch_optional(conn).await?)
}

/// Who is behind it, hotels on trial first. Only servers that have the newest template count: the others' workers could not go there.
pub(super) async fn behind(conn: &mut PgConnection, scope: &Scope, target: &str) -> Result<Vec<Behind>, DbError> {
    let rows = sqlx::query_as!(
        Behind,
        r#"select d.name as database, d.tenant_id as "tenant!", d.template as "version!"
             from databases d
             join clusters c on c.id = d.cluster_id
             join tenants t on t.id = d.tenant_id
             join subscriptions s on s.tenant_id = t.id
            where d.state = 'live' and c.template = $4
              and substring(d.template from '^[0-9]+')::int < substring(c.template from '^[0-9]+')::int
              and ($1::text is null or c.id = $1) and ($2::text is null or s.plan_id = $2)
              and ($3::text[] is null or t.slug = any($3))
              and not exists (select from moves m where m.tenant_id = t.id and m.state in ('copying', 'switching'))
            order by t.status <> 'trial', md5(d.name)"#,
        scope.cluster,
        scope.plan,
        scope.tenants.as_deref(),
        target
    );
    Ok(rows.fetch_all(conn).await?)
}

/// A rollout to begin.
pub(super) struct Beginning<'a> {
    pub(super) id: Uuid,
    pub(super) target: &'a str,
    pub(super) tolerated_bp: i32,
    pub(super) started_by: &'a str,
}

/// Begins a rollout of these databases, in their order. A halted one is not gone on with any more; beside one that runs
/// `rollouts_one_at_a_time` refuses it.
pub(super) async fn begin(
    tx: &mut Tx,
    beginning: &Beginning<'_>,
    databases: &[Behind],
    now: Timestamp,
) -> Result<(), DbError> {
    let supersede = sqlx::query!(
        "update rollouts set state = 'superseded', halted_because = null, finished_at = $1 where state = 'halted'",
        now.to_sqlx() as _
    );
    supersede.execute(&mut **tx).await?;
    sqlx::query!(
        "insert into rollouts (id, target, tolerated_bp, started_by, created_at) values ($1, $2, $3, $4, $5)",
        beginning.id,
        beginning.target,
        beginning.tolerated_bp,
        beginning.started_by,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    let names: Vec<String> = databases.iter().map(|behind| behind.database.clone()).collect();
    let tenants: Vec<Uuid> = databases.iter().map(|behind| behind.tenant).collect();
    let versions: Vec<String> = databases.iter().map(|behind| behind.version.clone()).collect();
    let waves: Vec<i16> = wave_of_each(databases.len()).collect();
    sqlx::query!(
        "insert into rollout_databases (rollout_id, database_name, tenant_id, from_version, wave)
         select $1, * from unnest($2::text[], $3::uuid[], $4::text[], $5::smallint[])",
        beginning.id,
        &names,
        &tenants,
        &versions,
        &waves
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A rollout that goes on.
pub(super) struct Running {
    pub(super) id: Uuid,
    pub(super) target: String,
    pub(super) tolerated_bp: i32,
}

/// The one that runs, held until the transaction ends; none while another process looks after it.
pub(super) async fn running(tx: &mut Tx) -> Result<Option<Running>, DbError> {
    let row = sqlx::query_as!(
        Running,
        "select id, target, tolerated_bp from rollouts where state = 'running' for update skip locked"
    );
    Ok(row.fetch_optional(&mut **tx).await?)
}

/// Writes down what no worker will say any more: databases whose order was given up have failed, those that are nobody's any more are left out.
pub(super) async fn settle(tx: &mut Tx, rollout: Uuid, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "with gone as (
             delete from rollout_databases r using databases d
              where r.rollout_id = $1 and r.state = 'waiting' and d.name = r.database_name and d.state <> 'live')
         update rollout_databases r
            set state = 'failed', error = coalesce(o.last_error, 'its order was given up'), finished_at = $2
           from work_orders o
          where r.rollout_id = $1 and r.state = 'ordered' and o.id = r.order_id and o.state = 'failed'",
        rollout,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How it stands, and how many databases are not through.
pub(super) async fn tally(tx: &mut Tx, rollout: Uuid) -> Result<(Tally, i64), DbError> {
    let row = sqlx::query!(
        r#"select count(*) filter (where state = 'failed' and wave = 0) as "first_failed!",
                  count(*) filter (where state in ('done', 'failed')) as "tried!",
                  count(*) filter (where state = 'failed') as "failed!",
                  count(*) filter (where state in ('waiting', 'ordered')) as "left!"
             from rollout_databases where rollout_id = $1"#,
        rollout
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((Tally { first_failed: row.first_failed, tried: row.tried, failed: row.failed }, row.left))
}

/// Orders of a rollout that are not reported, per cluster.
pub(super) async fn outstanding(tx: &mut Tx, rollout: Uuid) -> Result<HashMap<ClusterId, i64>, DbError> {
    let rows = sqlx::query!(
        r#"select o.cluster_id, count(distinct o.id) as "orders!"
             from rollout_databases r join work_orders o on o.id = r.order_id
            where r.rollout_id = $1 and r.state = 'ordered'
            group by o.cluster_id"#,
        rollout
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (ClusterId(row.cluster_id), row.orders)).collect())
}

/// The databases of the present wave that wait, by cluster. A wave begins when the one before is through.
pub(super) async fn waiting(tx: &mut Tx, rollout: Uuid) -> Result<HashMap<ClusterId, Vec<String>>, DbError> {
    let rows = sqlx::query!(
        "select r.database_name, d.cluster_id
           from rollout_databases r join databases d on d.name = r.database_name
          where r.rollout_id = $1 and r.state = 'waiting'
            and not exists (select from moves m where m.tenant_id = r.tenant_id and m.state in ('copying', 'switching'))
            and r.wave = (select min(wave) from rollout_databases
                           where rollout_id = $1 and state in ('waiting', 'ordered'))
          order by r.database_name",
        rollout
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut waiting: HashMap<ClusterId, Vec<String>> = HashMap::new();
    for row in rows {
        waiting.entry(ClusterId(row.cluster_id)).or_default().push(row.database_name);
    }
    Ok(waiting)
}

/// Writes down that these databases were ordered.
pub(super) async fn note_ordered(tx: &mut Tx, rollout: Uuid, databases: &[String], order: Uuid) -> Result<(), DbError> {
    sqlx::query!(
        "update rollout_databases set state = 'ordered', order_id = $3 where rollout_id = $1 and database_name = any($2)",
        rollout,
        databases,
        order
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends a rollout that is through.
pub(super) async fn finish(tx: &mut Tx, rollout: Uuid, now: Timestamp) -> Result<(), DbError> {
    let finish =
        sqlx::query!("update rollouts set state = 'done', finished_at = $2 where id = $1", rollout, now.to_sqlx() as _);
    finish.execute(&mut **tx).await?;
    Ok(())
}

/// Halts a rollout that runs: what no worker has begun is taken back. Whether it ran.
pub(super) async fn halt(tx: &mut Tx, rollout: Uuid, because: &str) -> Result<bool, DbError> {
    let halted = sqlx::query!(
        "update rollouts set state = 'halted', halted_because = $2 where id = $1 and state = 'running'",
        rollout,
        because
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "with withdrawn as (
             select o.id from work_orders o
              where o.state = 'queued' and o.id in (select order_id from rollout_databases
                                                     where rollout_id = $1 and state = 'ordered')
                for update skip locked),
         back as (
             update rollout_databases set state = 'waiting', order_id = null
              where rollout_id = $1 and order_id in (select id from withdrawn))
         delete from work_orders where id in (select id from withdrawn)",
        rollout
    )
    .execute(&mut **tx)
    .await?;
    Ok(halted.rows_affected() > 0)
}

/// Goes on with a halted rollout: what failed is tried again. Whether it was halted.
pub(super) async fn resume(tx: &mut Tx, rollout: Uuid) -> Result<bool, DbError> {
    let resumed = sqlx::query!(
        "with resumed as (
             update rollouts set state = 'running', halted_because = null where id = $1 and state = 'halted' returning id),
         again as (
             update rollout_databases r set state = 'waiting', order_id = null, error = null, finished_at = null
               from resumed where r.rollout_id = resumed.id and r.state = 'failed')
         select id from resumed",
        rollout
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(resumed.is_some())
}

/// Whether a rollout asked for what an order does.
pub(in crate::fleet) async fn is_of_one(tx: &mut Tx, order: OrderId) -> Result<bool, DbError> {
    let asked = sqlx::query_scalar!(
        r#"select exists (select from rollout_databases where order_id = $1) as "asked!""#,
        order.0
    );
    Ok(asked.fetch_one(&mut **tx).await?)
}

/// Takes down how the databases of an order went and answers whose have another version now: their routes move, so that nothing prepared
/// against the older tables is used again. A deleted tenant has none to move.
pub(in crate::fleet) async fn take_report(
    tx: &mut Tx,
    order: OrderId,
    migrated: &[Migrated],
    now: Timestamp,
) -> Result<Vec<TenantId>, DbError> {
    let names: Vec<String> = migrated.iter().map(|one| one.database.clone()).collect();
    let took: Vec<i32> = migrated.iter().map(|one| i32::try_from(one.took_ms).unwrap_or(i32::MAX)).collect();
    let errors: Vec<Option<String>> = migrated.iter().map(|one| one.error.clone()).collect();
    let moved = sqlx::query_scalar!(
        r#"with told as (
               select * from unnest($2::text[], $3::int[], $4::text[]) as told(name, took_ms, error)),
           noted as (
               update rollout_databases r
                  set state = case when told.error is null then 'done' else 'failed' end,
                      took_ms = told.took_ms, error = left(told.error, 2000), finished_at = $5
                 from told where r.order_id = $1 and r.database_name = told.name)
           update databases d
              set template = o.task->>'to', generation = d.generation + 1
             from told, work_orders o, tenants t
            where o.id = $1 and o.task->'databases' ? told.name and told.error is null
              and d.name = told.name and d.state = 'live' and d.template <> o.task->>'to' and t.id = d.tenant_id
           returning case when t.status <> 'churned' then d.tenant_id end as tenant"#,
        order.0,
        &names,
        &took,
        &errors as &[Option<String>],
        now.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(moved.into_iter().flatten().map(TenantId).collect())
}
