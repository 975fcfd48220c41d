//! Backups as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{BackedUp, ClusterId, OrderId};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::Good;
use super::bases::Source;
use super::model::ASKED_FOR;
use crate::database::{DbError, Tx};

/// A worker not heard for longer keeps no backups.
pub(super) const HEARD: SignedDuration = SignedDuration::from_mins(1);

/// What failed is due again after so long: a store that was away is back by then.
pub(super) const AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// A tenant is not looked at again for so long after it was due.
const NOT_BEFORE: SignedDuration = SignedDuration::from_hours(20);

/// Daily backups that are under way or wait for a worker, on each server: as many as one can take between two looks.
const UNDER_WAY: i64 = 64;

/// A backup as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedBackup)]
pub(super) struct Listed {
    /// Which.
    pub(super) id: Uuid,
    /// Whose.
    pub(super) tenant_id: Uuid,
    /// `daily`, `asked` or `instant`.
    pub(super) kind: String,
    /// `ordered`, `done`, `failed`, `pruning` or `pruned`.
    pub(super) state: String,
    /// Who asked for it.
    pub(super) asked_by: String,
    /// The instant it shows.
    pub(super) taken_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub(super) took_ms: Option<i32>,
    /// The number of the last step of its schema.
    pub(super) schema: Option<String>,
    /// Rows in it.
    pub(super) rows: Option<i64>,
    /// Bytes of it in the store.
    pub(super) stored_bytes: Option<i64>,
    /// SHA-256 of its data as they lie in the store.
    pub(super) sha256: Option<String>,
    /// Why it failed.
    pub(super) error: Option<String>,
    /// When it was ordered.
    pub(super) created_at: Timestamp,
    /// When it ended.
    pub(super) finished_at: Option<Timestamp>,
}

/// The latest backups of a tenant, or the one of this id, the newest first.
pub(super) async fn list(
    conn: &mut PgConnection,
    tenant: Option<TenantId>,
    id: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let rows = sqlx::query!(
        "select id, tenant_id, kind, state, asked_by, taken_at, took_ms, schema, row_count, stored_bytes, sha256, error,
                created_at, finished_at
           from backups where ($1::uuid is null or tenant_id = $1) and ($2::uuid is null or id = $2)
          order by id desc limit $3",
        tenant.map(|tenant| tenant.0),
        id,
        limit
    )
    .fetch_all(conn)
    .await?;
    let listed = rows.into_iter().map(|row| Listed {
        id: row.id,
        tenant_id: row.tenant_id,
        kind: row.kind,
        state: row.state,
        asked_by: row.asked_by,
        taken_at: row.taken_at.map(|at| at.to_jiff()),
        took_ms: row.took_ms,
        schema: row.schema,
        rows: row.row_count,
        stored_bytes: row.stored_bytes,
        sha256: row.sha256,
        error: row.error,
        created_at: row.created_at.to_jiff(),
        finished_at: row.finished_at.map(|at| at.to_jiff()),
    });
    Ok(listed.collect())
}

/// The newest good backup of a tenant.
pub(super) async fn newest_good(tx: &mut Tx, tenant: TenantId) -> Result<Option<Uuid>, DbError> {
    let newest = sqlx::query_scalar!(
        "select id from backups where tenant_id = $1 and state = 'done' and kind <> 'instant' order by taken_at desc limit 1",
        tenant.0
    );
    Ok(newest.fetch_optional(&mut **tx).await?)
}

/// Where a tenant's data lies, and whether a worker there keeps backups.
#[derive(Clone, Debug)]
pub(crate) struct Lodging {
    pub(crate) tenant: TenantId,
    pub(crate) slug: String,
    pub(crate) zone: String,
    pub(crate) cluster: ClusterId,
    pub(crate) database: String,
    pub(crate) kept: bool,
    /// Whether they are on their way elsewhere.
    pub(crate) moving: bool,
}

/// Where a tenant that is served has its database; nothing for one that is deleted or still being made.
pub(super) async fn lodging(
    conn: &mut PgConnection,
    tenant: TenantId,
    now: Timestamp,
) -> Result<Option<Lodging>, DbError> {
    let row = sqlx::query!(
        r#"select t.slug, t.time_zone, d.cluster_id, d.name,
                  exists (select from backup_keepers k where k.cluster_id = d.cluster_id and k.heard_at > $2) as "kept!",
                  exists (select from moves m
                           where m.tenant_id = t.id and m.state in ('copying', 'switching')) as "moving!"
             from tenants t join databases d on d.tenant_id = t.id and d.state = 'live'
            where t.id = $1 and t.status <> 'churned'"#,
        tenant.0,
        (now - HEARD).to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Lodging {
        tenant,
        slug: row.slug,
        zone: row.time_zone,
        cluster: ClusterId(row.cluster_id),
        database: row.name,
        kept: row.kept,
        moving: row.moving,
    }))
}

/// A tenant whose night may have come.
pub(super) struct Candidate {
    pub(super) lodging: Lodging,
    pub(super) created_at: Timestamp,
    pub(super) last_due: Option<Timestamp>,
    /// How many more its server may have under way.
    pub(super) room: i64,
}

/// Tenants on servers that keep backups, who have had none for most of a day and are not being restored. Two processes that look at the same time take turns.
pub(super) async fn candidates(tx: &mut Tx, now: Timestamp) -> Result<Vec<Candidate>, DbError> {
    sqlx::query!("select pg_advisory_xact_lock($1)", 0x4241_434b_5550_i64).execute(&mut **tx).await?;
    let rows = sqlx::query!(
        r#"select t.id, t.slug, t.time_zone, t.created_at, d.cluster_id, d.name, l.due_at as "due_at?",
                  $3 - (select count(*) from backups b where b.cluster_id = d.cluster_id and b.state = 'ordered') as "room!"
             from tenants t
             join databases d on d.tenant_id = t.id and d.state = 'live'
             left join lateral (select greatest(
                     (select max(due_at) from backups where tenant_id = t.id and due_at is not null and state <> 'failed'),
                     (select max(due_at) from backups where tenant_id = t.id and state = 'failed' and finished_at > $4)) as due_at) l on true
            where t.status <> 'churned' and (l.due_at is null or l.due_at <= $2)
              and not exists (select from backups b where b.tenant_id = t.id and b.state = 'ordered')
              and not exists (select from restores r where r.tenant_id = t.id and r.state = 'ordered')
              and not exists (select from moves m where m.tenant_id = t.id and m.state in ('copying', 'switching'))
              and d.cluster_id in (select cluster_id from backup_keepers where heard_at > $1)
            order by l.due_at nulls first, t.id"#,
        (now - HEARD).to_sqlx() as _,
        (now - NOT_BEFORE).to_sqlx() as _,
        UNDER_WAY,
        (now - AGAIN).to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    let candidates = rows.into_iter().map(|row| Candidate {
        lodging: Lodging {
            tenant: TenantId(row.id),
            slug: row.slug,
            zone: row.time_zone,
            cluster: ClusterId(row.cluster_id),
            database: row.name,
            kept: true,
            moving: false,
        },
        created_at: row.created_at.to_jiff(),
        last_due: row.due_at.map(|at| at.to_jiff()),
        room: row.room,
    });
    Ok(candidates.collect())
}

/// A backup that was ordered.
pub(super) struct Ordered<'a> {
    pub(super) id: Uuid,
    pub(super) order: Uuid,
    pub(super) lodging: &'a Lodging,
    pub(super) due_at: Option<Timestamp>,
    pub(super) asked_by: &'a str,
}

/// A backup of an instant that was ordered.
pub(super) struct Instant<'a> {
    pub(super) id: Uuid,
    pub(super) order: Uuid,
    pub(super) tenant: TenantId,
    pub(super) at: Timestamp,
    pub(super) source: &'a Source,
    pub(super) asked_by: &'a str,
}

/// Writes down a backup of an instant whose order was placed. A second backup of a tenant breaks `backups_one_at_a_time`.
pub(super) async fn note_instant(tx: &mut Tx, instant: &Instant<'_>, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into backups (id, tenant_id, kind, asked_by, order_id, cluster_id, database_name, base_id, shows_at, created_at)
         values ($1, $2, 'instant', $3, $4, $5, $6, $7, $8, $9)",
        instant.id,
        instant.tenant.0,
        instant.asked_by,
        instant.order,
        instant.source.cluster.0,
        instant.source.database,
        instant.source.base,
        instant.at.to_sqlx() as _,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Backups of instants that were made a week ago and that nobody is restoring, or just wants to: held until the transaction ends.
pub(super) async fn old_instants(tx: &mut Tx, now: Timestamp) -> Result<Vec<Whose>, DbError> {
    let held = sqlx::query_scalar!(
        "select id from backups where kind = 'instant' and state = 'done' and finished_at < $1 for update skip locked",
        (now - ASKED_FOR).to_sqlx() as _
    );
    let held = held.fetch_all(&mut **tx).await?;
    let rows = sqlx::query!(
        "select id, tenant_id, cluster_id from backups b
          where id = any($1) and not exists (select from restores r where r.backup_id = b.id and r.state = 'ordered')",
        &held
    );
    let old = rows.fetch_all(&mut **tx).await?;
    Ok(old.into_iter().map(|row| (row.id, TenantId(row.tenant_id), ClusterId(row.cluster_id))).collect())
}

/// Writes down a backup whose order was placed. A second one of a tenant breaks `backups_one_at_a_time`.
pub(super) async fn note_ordered(tx: &mut Tx, ordered: &Ordered<'_>, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into backups (id, tenant_id, kind, due_at, asked_by, order_id, cluster_id, database_name, created_at)
         values ($1, $2, case when $3::timestamptz is null then 'asked' else 'daily' end, $3, $4, $5, $6, $7, $8)",
        ordered.id,
        ordered.lodging.tenant.0,
        ordered.due_at.map(|at| at.to_sqlx()) as _,
        ordered.asked_by,
        ordered.order,
        ordered.lodging.cluster.0,
        ordered.lodging.database,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that a backup is whole; whose it is, on which server, and in which zone. Nothing where that was known.
pub(super) async fn note_done(
    tx: &mut Tx,
    order: OrderId,
    taken: &BackedUp,
    now: Timestamp,
) -> Result<Option<(TenantId, ClusterId, String)>, DbError> {
    let row = sqlx::query!(
        "update backups b
            set state = 'done', taken_at = $2, took_ms = $3, schema = $4, row_count = $5, stored_bytes = $6, sha256 = $7,
                finished_at = $8
           from tenants t
          where b.order_id = $1 and b.state = 'ordered' and t.id = b.tenant_id
         returning b.tenant_id, b.cluster_id, t.time_zone",
        order.0,
        taken.taken_at.to_sqlx() as _,
        i32::try_from(taken.took_ms).unwrap_or(i32::MAX),
        taken.schema,
        i64::try_from(taken.rows).unwrap_or(i64::MAX),
        i64::try_from(taken.stored_bytes).unwrap_or(i64::MAX),
        taken.sha256,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (TenantId(row.tenant_id), ClusterId(row.cluster_id), row.time_zone)))
}

/// Holds a backup until the transaction ends: it is not begun to be removed meanwhile.
pub(super) async fn hold(tx: &mut Tx, backup: Uuid) -> Result<(), DbError> {
    sqlx::query!("select id from backups where id = $1 for update", backup).fetch_optional(&mut **tx).await?;
    Ok(())
}

/// The whole backups of a tenant that nobody is restoring, held until the transaction ends.
pub(super) async fn good(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Good>, DbError> {
    sqlx::query!(
        "select id from backups where tenant_id = $1 and state = 'done' and kind <> 'instant' order by id for update",
        tenant.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let rows = sqlx::query!(
        r#"select id, taken_at as "taken_at!", kind = 'asked' as "asked!" from backups b
            where tenant_id = $1 and state = 'done' and kind <> 'instant'
              and not exists (select from restores r where r.backup_id = b.id and r.state = 'ordered')"#,
        tenant.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let good = rows.into_iter().map(|row| Good { id: row.id, taken_at: row.taken_at.to_jiff(), asked: row.asked });
    Ok(good.collect())
}

/// Which backup it is, whose, and on which server.
pub(super) type Whose = (Uuid, TenantId, ClusterId);

/// The backup an order was for, where it counts as failed.
pub(super) async fn failed(tx: &mut Tx, order: OrderId) -> Result<Option<Whose>, DbError> {
    let failed = sqlx::query!(
        "select id, tenant_id, cluster_id from backups where order_id = $1 and state = 'failed' for update",
        order.0
    );
    let row = failed.fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| (row.id, TenantId(row.tenant_id), ClusterId(row.cluster_id))))
}

/// Writes down what no worker will say any more, and answers which backups failed: their orders were given up. Orders about backups are not
/// tried again by hand. What could not be removed is restored no more: a part of it may be gone.
pub(super) async fn settle(tx: &mut Tx, now: Timestamp) -> Result<Vec<Whose>, DbError> {
    let settled = sqlx::query!(
        "with over as (
             update work_orders o set state = 'done'
              where o.state = 'failed' and o.kind in ('back_up_tenant', 'recover_tenant', 'prune_backups')
             returning o.id, o.last_error),
         uncleared as (
             update backups b set clearing_order = null from over o where b.clearing_order = o.id)
         update backups b set state = 'failed', error = coalesce(o.last_error, 'its order was given up'), finished_at = $1
           from over o where b.order_id = o.id and b.state = 'ordered'
         returning b.id, b.tenant_id, b.cluster_id",
        now.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(settled.into_iter().map(|row| (row.id, TenantId(row.tenant_id), ClusterId(row.cluster_id))).collect())
}

/// Tenants that are served and have no whole backup younger than `since`, where backups are kept or were: on servers with a worker that keeps
/// them, and of any tenant that ever had one.
pub(crate) async fn overdue(pool: &PgPool, since: Timestamp) -> Result<i64, DbError> {
    let row = sqlx::query!(
        r#"select count(*) as "count!" from tenants t
            where t.status <> 'churned' and t.created_at < $1
              and (exists (select from databases d join backup_keepers k on k.cluster_id = d.cluster_id
                            where d.tenant_id = t.id and d.state = 'live')
                   or exists (select from backups b where b.tenant_id = t.id and b.taken_at is not null))
              and not exists (select from backups b where b.tenant_id = t.id and b.state = 'done' and b.taken_at >= $1)"#,
        since.to_sqlx() as _
    )
    .fetch_one(pool)
    .await?;
    Ok(row.count)
}
