//! Moves as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, Moving, OrderId, Placement};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::model::State;
use crate::database::{DbError, Tx};

/// A worker that was heard within this time is there.
const HEARD: SignedDuration = SignedDuration::from_mins(1);

/// Where a tenant's data lie, and whether something is being done to them.
pub(super) struct Lodging {
    pub(super) cluster: ClusterId,
    pub(super) database: String,
    pub(super) generation: i32,
    pub(super) template: Option<String>,
    /// Whether others lie in the same database.
    pub(super) shared: bool,
    pub(super) in_work: bool,
    pub(super) moving: bool,
    /// Whether one of these is on its way out of it.
    pub(super) neighbour_leaving: bool,
}

/// Where a tenant is served from; nothing where it is not. The caller has the turn: nobody else looks until the transaction ends.
pub(super) async fn lodging(tx: &mut Tx, tenant: TenantId) -> Result<Option<Lodging>, DbError> {
    let row = sqlx::query!(
        r#"select d.cluster_id, d.name, d.generation, d.template, d.shared_database is not null as "shared!",
                  (exists (select from backups b where b.tenant_id = t.id and b.state = 'ordered')
                   or exists (select from restores r where r.tenant_id = t.id and r.state = 'ordered')
                   or exists (select from exports e where e.tenant_id = t.id and e.state = 'ordered')
                   or exists (select from rollout_databases r join work_orders o on o.id = r.order_id
                               where r.database_name = d.name and r.state = 'ordered' and o.state in ('queued', 'leased'))) as "in_work!",
                  exists (select from moves m where m.tenant_id = t.id and m.state not in ('done', 'given_up')) as "moving!",
                  exists (select from moves m where m.state not in ('done', 'given_up') and m.tenant_id <> t.id
                             and starts_with(m.source_database, d.shared_database || '.')) as "neighbour_leaving!"
             from tenants t join databases d on d.tenant_id = t.id and d.state = 'live'
            where t.id = $1 and t.status <> 'churned'"#,
        tenant.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Lodging {
        cluster: ClusterId(row.cluster_id),
        database: row.name,
        generation: row.generation,
        template: row.template,
        shared: row.shared,
        in_work: row.in_work,
        moving: row.moving,
        neighbour_leaving: row.neighbour_leaving,
    }))
}

/// Whether a fleet worker that is heard has access to both servers.
pub(super) async fn is_reachable(tx: &mut Tx, both: [&ClusterId; 2], now: Timestamp) -> Result<bool, DbError> {
    let [source, target] = both;
    let found = sqlx::query_scalar!(
        r#"select exists (
               select from nodes n where n.retired_at is null and n.last_heartbeat_at > $3 and 'fleet' = any(n.roles)
                  and exists (select from jsonb_array_elements(n.load->'clusters') c
                               where c->>'cluster' = $1 and c->>'template' is not null)
                  and exists (select from jsonb_array_elements(n.load->'clusters') c
                               where c->>'cluster' = $2 and c->>'template' is not null)) as "reachable!""#,
        source.0,
        target.0,
        (now - HEARD).to_sqlx() as _
    );
    Ok(found.fetch_one(&mut **tx).await?)
}

/// A move to be begun.
pub(super) struct Beginning<'a> {
    pub(super) id: Uuid,
    pub(super) moving: &'a Moving,
    pub(super) asked_by: &'a str,
    pub(super) order: Uuid,
}

/// Writes down a move whose first order was placed, and its target. A second one of a tenant breaks `moves_one_at_a_time`.
pub(super) async fn begin(tx: &mut Tx, beginning: &Beginning<'_>, now: Timestamp) -> Result<(), DbError> {
    let Moving { tenant, source, target } = beginning.moving;
    sqlx::query!(
        "insert into databases (name, cluster_id, state, created_at) values ($1, $2, 'moving', $3)",
        target.database,
        target.cluster.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into moves (id, tenant_id, asked_by, source_cluster, source_database, source_generation, target_cluster, target_database,
                            order_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        beginning.id,
        tenant.0,
        beginning.asked_by,
        source.cluster.0,
        source.quarters(),
        i32::try_from(source.generation).unwrap_or(i32::MAX),
        target.cluster.0,
        target.database,
        beginning.order,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A move that is not over, held until the transaction ends.
pub(super) struct Open {
    pub(super) id: Uuid,
    pub(super) state: State,
    pub(super) moving: Moving,
    /// The order of its present step.
    pub(super) order: Option<Uuid>,
    /// Whether it was done before, and only clears what it left.
    pub(super) settled: bool,
}

/// An open move.
pub(super) enum Which {
    /// The one whose present step this order is.
    Ordered(OrderId),
    /// This one.
    Named(Uuid),
}

/// Holds an open move; none where it is over.
pub(super) async fn open(tx: &mut Tx, which: Which) -> Result<Option<Open>, DbError> {
    let (order, id) = match which {
        Which::Ordered(of) => (Some(of.0), None),
        Which::Named(named) => (None, Some(named)),
    };
    let held = sqlx::query_scalar!(
        "select id from moves where state not in ('done', 'given_up') and (order_id = $1 or id = $2) for update",
        order,
        id
    );
    let held: Vec<Uuid> = held.fetch_all(&mut **tx).await?;
    Ok(read(tx, &held).await?.pop())
}

/// Open moves with which no worker goes on.
pub(super) enum Stuck {
    /// Those whose present order was given up.
    Failed,
    /// Those that would end at a deleted tenant.
    Deleted,
    /// Those whose switch was leased until before this instant, and nobody has taken it on since.
    Forsaken(Timestamp),
}

/// Holds those that nobody has in hand: what is just said of the others may lead them on, and who looks again sees.
pub(super) async fn stuck(tx: &mut Tx, which: Stuck) -> Result<Vec<Open>, DbError> {
    let (mut failed, mut deleted, mut forsaken) = (false, false, None);
    match which {
        Stuck::Failed => failed = true,
        Stuck::Deleted => deleted = true,
        Stuck::Forsaken(since) => forsaken = Some(since.to_sqlx()),
    }
    let held = sqlx::query_scalar!(
        "select m.id from moves m
          where m.state not in ('done', 'given_up')
            and (($1 and exists (select from work_orders o where o.id = m.order_id and o.state = 'failed'))
                 or ($2 and m.state in ('copying', 'switching')
                     and exists (select from tenants t where t.id = m.tenant_id and t.status = 'churned'))
                 or (m.state = 'switching' and exists (
                         select from work_orders o where o.id = m.order_id and o.state = 'leased' and o.leased_until < $3)))
          order by m.id for update of m skip locked",
        failed,
        deleted,
        forsaken as _
    );
    let held: Vec<Uuid> = held.fetch_all(&mut **tx).await?;
    read(tx, &held).await
}

/// Holds the move whose present step an order is, ahead of the order; nothing where it is for no move.
pub(super) async fn hold(tx: &mut Tx, order: OrderId) -> Result<(), DbError> {
    sqlx::query!("select id from moves where order_id = $1 for update", order.0).fetch_optional(&mut **tx).await?;
    Ok(())
}

/// Reads moves that are held.
async fn read(tx: &mut Tx, held: &[Uuid]) -> Result<Vec<Open>, DbError> {
    let rows = sqlx::query!(
        r#"select id, tenant_id, state, source_cluster, source_database, source_generation, target_cluster, target_database, order_id,
                  settled_at is not null as "settled!"
             from moves where id = any($1) order by id"#,
        held
    )
    .fetch_all(&mut **tx)
    .await?;
    let placement = |cluster: String, quarters: &str, generation: i32| {
        Placement::at(ClusterId(cluster), quarters, u32::try_from(generation).unwrap_or(0))
    };
    let open = rows.into_iter().filter_map(|row| {
        Some(Open {
            id: row.id,
            state: State::read(&row.state)?,
            moving: Moving {
                tenant: TenantId(row.tenant_id),
                source: placement(row.source_cluster, &row.source_database, row.source_generation)?,
                target: placement(row.target_cluster, &row.target_database, row.source_generation + 1)?,
            },
            order: row.order_id,
            settled: row.settled,
        })
    });
    Ok(open.collect())
}

/// Writes down where a move stands now, its next order, and when the copy was there.
pub(super) async fn note_step(
    tx: &mut Tx,
    id: Uuid,
    (state, order): (State, Uuid),
    bytes: Option<u64>,
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "update moves set state = $2, order_id = $3, bytes = coalesce($4, bytes),
                copied_at = coalesce(copied_at, case when $4::bigint is not null then $5::timestamptz end)
          where id = $1",
        id,
        state.as_str(),
        order,
        bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that a tenant is served from its new place.
pub(super) async fn note_switched(
    tx: &mut Tx,
    id: Uuid,
    (rows, held_ms): (u64, u32),
    keep_until: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "update moves set row_count = $2, held_ms = $3, keep_until = $4, switched_at = $5 where id = $1",
        id,
        i64::try_from(rows).unwrap_or(i64::MAX),
        i32::try_from(held_ms).unwrap_or(i32::MAX),
        keep_until.to_sqlx() as _,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The database a tenant has now, deleted or not.
pub(super) async fn home(tx: &mut Tx, tenant: TenantId) -> Result<Option<String>, DbError> {
    let home = sqlx::query_scalar!("select name from databases where tenant_id = $1 and state = 'live'", tenant.0);
    Ok(home.fetch_optional(&mut **tx).await?)
}

/// Forgets that a tenant was served from its new place, which is nobody's again. Where the tenant is not served from its old one either, that is
/// kept until then.
pub(super) async fn note_taken_back(
    tx: &mut Tx,
    open: &Open,
    source_kept_until: Option<Timestamp>,
) -> Result<(), DbError> {
    sqlx::query!(
        "with back as (update databases set state = 'moving' where name = $2 and state = 'set_aside')
         update moves set switched_at = null, keep_until = $3, row_count = null, held_ms = null where id = $1",
        open.id,
        open.moving.target.database,
        source_kept_until.map(|until| until.to_sqlx()) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that a move is given up, and by which order what was made of it goes.
pub(super) async fn note_given_up(tx: &mut Tx, id: Uuid, reason: &str, order: Uuid) -> Result<(), DbError> {
    sqlx::query!("update moves set state = 'undoing', reason = $2, order_id = $3 where id = $1", id, reason, order)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes down that a hotel is where it was, but for the target, which is away; since when that is so.
pub(super) async fn note_left(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<Timestamp, DbError> {
    let since = sqlx::query_scalar!(
        r#"update moves set left_at = coalesce(left_at, $2) where id = $1 returning left_at as "since!""#,
        id,
        now.to_sqlx() as _
    );
    Ok(since.fetch_one(&mut **tx).await?.to_jiff())
}

/// Whether the switch that an order was for has been made, and not taken back.
pub(crate) async fn has_switched(tx: &mut Tx, order: OrderId) -> Result<bool, DbError> {
    let switched = sqlx::query_scalar!(
        r#"select exists (select from work_orders o join moves m on m.target_database = o.task->'moving'->'target'->>'database'
                           where o.id = $1 and m.switched_at is not null) as "switched!""#,
        order.0
    );
    Ok(switched.fetch_one(&mut **tx).await?)
}

/// Writes down that a move is over, the first time when; of one that was given up the target is gone.
pub(super) async fn note_over(tx: &mut Tx, open: &Open, state: State, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "with gone as (update databases set state = 'dropped' where name = $4 and state = 'moving' and $2 = 'given_up')
         update moves set state = $2, finished_at = coalesce(settled_at, $3) where id = $1",
        open.id,
        state.as_str(),
        now.to_sqlx() as _,
        open.moving.target.database
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Opens the latest move out of a database again that was over: something of it was found. Nothing where there was none, while the tenant is
/// on another, or while a neighbour leaves the database.
pub(super) async fn reopen(tx: &mut Tx, source: &str) -> Result<Option<Uuid>, DbError> {
    let reopened = sqlx::query_scalar!(
        "update moves
            set state = case when state = 'done' then 'clearing' else 'undoing' end,
                settled_at = coalesce(settled_at, case when state = 'done' then finished_at end), finished_at = null
          where id = (select id from moves where source_database = $1 or starts_with(source_database, $1 || '.')
                       order by id desc limit 1)
            and finished_at is not null
            and not exists (select from moves o where o.tenant_id = moves.tenant_id and o.finished_at is null)
         returning id",
        source
    );
    Ok(reopened.fetch_optional(&mut **tx).await?)
}
