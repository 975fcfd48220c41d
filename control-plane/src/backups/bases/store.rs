//! Base backups as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{BaseTaken, ClusterId, OrderId};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::super::store::AGAIN;
use super::model::Good;
use crate::database::{DbError, Tx};

/// A worker not heard for longer keeps no base backups.
const HEARD: SignedDuration = SignedDuration::from_mins(1);

/// A cluster should have a whole base backup that is younger.
const OVERDUE: SignedDuration = SignedDuration::from_hours(48);

/// A base backup as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedBaseBackup)]
pub(in crate::backups) struct Listed {
    /// Which.
    pub(super) id: Uuid,
    /// Of which cluster.
    pub(super) cluster_id: String,
    /// `daily` or `asked`.
    pub(super) kind: String,
    /// `ordered`, `done`, `failed`, `pruning` or `pruned`.
    pub(super) state: String,
    /// Who asked for it.
    pub(super) asked_by: String,
    /// From this instant on any can be made of it, by the cluster's own clock.
    pub(super) ended_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub(super) took_ms: Option<i32>,
    /// The first file of WAL it needs.
    pub(super) from_wal: Option<String>,
    /// Bytes of it in the store.
    pub(super) stored_bytes: Option<i64>,
    /// Why it failed.
    pub(super) error: Option<String>,
    /// When it was ordered.
    pub(super) created_at: Timestamp,
    /// When it was over.
    pub(super) finished_at: Option<Timestamp>,
}

/// The latest base backups of a cluster, or the one of this id, the newest first.
pub(super) async fn list(
    conn: &mut PgConnection,
    cluster: Option<&str>,
    id: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let rows = sqlx::query!(
        "select id, cluster_id, kind, state, asked_by, ended_at, took_ms, from_wal, stored_bytes, error, created_at, finished_at
           from base_backups where ($1::text is null or cluster_id = $1) and ($2::uuid is null or id = $2)
          order by id desc limit $3",
        cluster,
        id,
        limit
    )
    .fetch_all(conn)
    .await?;
    let listed = rows.into_iter().map(|row| Listed {
        id: row.id,
        cluster_id: row.cluster_id,
        kind: row.kind,
        state: row.state,
        asked_by: row.asked_by,
        ended_at: row.ended_at.map(|at| at.to_jiff()),
        took_ms: row.took_ms,
        from_wal: row.from_wal,
        stored_bytes: row.stored_bytes,
        error: row.error,
        created_at: row.created_at.to_jiff(),
        finished_at: row.finished_at.map(|at| at.to_jiff()),
    });
    Ok(listed.collect())
}

/// What the workers on a cluster can do.
pub(in crate::backups) struct Keepers {
    pub(super) have_store: bool,
    pub(super) see_wal: bool,
}

/// What the workers on a cluster can do; nothing for one that nobody knows.
pub(super) async fn keepers(tx: &mut Tx, cluster: &str, now: Timestamp) -> Result<Option<Keepers>, DbError> {
    let row = sqlx::query!(
        r#"select exists (select from backup_keepers k where k.cluster_id = c.id and k.heard_at > $2) as "have_store!",
                  exists (select from base_keepers k where k.cluster_id = c.id and k.heard_at > $2) as "see_wal!"
             from clusters c where c.id = $1"#,
        cluster,
        (now - HEARD).to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Keepers { have_store: row.have_store, see_wal: row.see_wal }))
}

/// Clusters that archive their WAL and were not copied since; a copy that failed counts for an hour. Two processes that look at the same time take turns.
pub(super) async fn due(tx: &mut Tx, since: Timestamp, now: Timestamp) -> Result<Vec<ClusterId>, DbError> {
    sqlx::query!("select pg_advisory_xact_lock($1)", 0x4241_5345_i64).execute(&mut **tx).await?;
    let due = sqlx::query_scalar!(
        r#"select k.cluster_id as "cluster!" from base_keepers k
            where k.heard_at > $1 and exists (select from clusters c where c.id = k.cluster_id)
              and not exists (select from base_backups b
                               where b.cluster_id = k.cluster_id
                                 and (b.state = 'ordered' or b.created_at > $2 and (b.state <> 'failed' or b.finished_at > $3)))
            order by 1"#,
        (now - HEARD).to_sqlx() as _,
        since.to_sqlx() as _,
        (now - AGAIN).to_sqlx() as _
    );
    Ok(due.fetch_all(&mut **tx).await?.into_iter().map(ClusterId).collect())
}

/// A base backup that was ordered.
pub(super) struct Ordered<'a> {
    pub(super) id: Uuid,
    pub(super) order: Uuid,
    pub(super) cluster: &'a ClusterId,
    pub(super) kind: &'static str,
    pub(super) asked_by: &'a str,
}

/// Writes down a base backup whose order was placed. A second one of a cluster breaks `base_backups_one_at_a_time`.
pub(super) async fn note_ordered(tx: &mut Tx, ordered: &Ordered<'_>, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into base_backups (id, cluster_id, kind, asked_by, order_id, created_at) values ($1, $2, $3, $4, $5, $6)",
        ordered.id,
        ordered.cluster.0,
        ordered.kind,
        ordered.asked_by,
        ordered.order,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that a base backup is whole; of which cluster. Nothing where that was known.
pub(super) async fn note_done(
    tx: &mut Tx,
    order: OrderId,
    taken: &BaseTaken,
    now: Timestamp,
) -> Result<Option<ClusterId>, DbError> {
    let row = sqlx::query_scalar!(
        "update base_backups
            set state = 'done', began_at = $2, ended_at = $3, took_ms = $4, from_wal = $5, to_wal = $6, stored_bytes = $7, sha256 = $8,
                finished_at = $9
          where order_id = $1 and state = 'ordered' returning cluster_id",
        order.0,
        taken.began_at.to_sqlx() as _,
        taken.ended_at.to_sqlx() as _,
        i32::try_from(taken.took_ms).unwrap_or(i32::MAX),
        taken.from_wal,
        taken.to_wal,
        i64::try_from(taken.stored_bytes).unwrap_or(i64::MAX),
        taken.sha256,
        now.to_sqlx() as _
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(ClusterId))
}

/// The whole base backups of a cluster, held until the transaction ends: what is made of one was ordered before, or finds what stays.
pub(super) async fn good(tx: &mut Tx, cluster: &ClusterId) -> Result<Vec<Good>, DbError> {
    sqlx::query!(
        "select id from base_backups where cluster_id = $1 and state = 'done' order by id for update",
        cluster.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let rows = sqlx::query!(
        r#"select id, ended_at as "ended_at!", from_wal as "from_wal!",
                  exists (select from backups b where b.base_id = base_backups.id and b.state = 'ordered') as "in_use!"
             from base_backups where cluster_id = $1 and state = 'done'"#,
        cluster.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let good = rows.into_iter().map(|row| Good {
        id: row.id,
        ended_at: row.ended_at.to_jiff(),
        from_wal: row.from_wal,
        in_use: row.in_use,
    });
    Ok(good.collect())
}

/// What of a cluster may still lie in the store though nobody needs it: what was to be removed and could not be, and of what failed lately.
pub(super) async fn left_in_store(tx: &mut Tx, cluster: &ClusterId, lately: Timestamp) -> Result<Vec<Uuid>, DbError> {
    let left = sqlx::query_scalar!(
        "select id from base_backups b
          where cluster_id = $1
            and (state = 'failed' and finished_at > $2
                 or state = 'pruning' and exists (select from work_orders o where o.id = b.order_id and o.state = 'done'))
          order by id",
        cluster.0,
        lately.to_sqlx() as _
    );
    Ok(left.fetch_all(&mut **tx).await?)
}

/// Writes down that these are being removed. One that failed stays failed.
pub(super) async fn note_pruning(tx: &mut Tx, bases: &[Uuid], order: Uuid) -> Result<(), DbError> {
    sqlx::query!(
        "update base_backups set state = 'pruning', order_id = $2 where id = any($1) and state in ('done', 'pruning')",
        bases,
        order
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that they are removed.
pub(super) async fn note_pruned(tx: &mut Tx, order: OrderId) -> Result<(), DbError> {
    sqlx::query!("update base_backups set state = 'pruned' where order_id = $1 and state = 'pruning'", order.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A base backup, and of which cluster it is.
pub(super) type Whose = (Uuid, ClusterId);

/// The base backup an order was for, where it counts as failed.
pub(super) async fn failed(tx: &mut Tx, order: OrderId) -> Result<Option<Whose>, DbError> {
    let failed = sqlx::query!(
        "select id, cluster_id from base_backups where order_id = $1 and state = 'failed' for update",
        order.0
    );
    Ok(failed.fetch_optional(&mut **tx).await?.map(|row| (row.id, ClusterId(row.cluster_id))))
}

/// Writes down what no worker will say any more, and answers which base backups failed: their orders were given up. What could not be removed
/// is never made anything of again: a part of it may be gone.
pub(super) async fn settle(tx: &mut Tx, now: Timestamp) -> Result<Vec<Whose>, DbError> {
    let settled = sqlx::query!(
        "with over as (
             update work_orders o set state = 'done'
              where o.state = 'failed' and o.kind in ('take_base', 'prune_bases')
             returning o.id, o.last_error)
         update base_backups b set state = 'failed', error = coalesce(o.last_error, 'its order was given up'), finished_at = $1
           from over o where b.order_id = o.id and b.state = 'ordered'
         returning b.id, b.cluster_id",
        now.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(settled.into_iter().map(|row| (row.id, ClusterId(row.cluster_id))).collect())
}

/// Notes where tenants live of whom it was not noted: programs from before that was done may still be giving databases away
/// while this one runs. It counts from when the database was made on, so that no instant is made of the one before; how many there were.
pub(super) async fn note_lodgings(tx: &mut Tx) -> Result<u64, DbError> {
    let noted = sqlx::query!(
        "insert into lodgings (tenant_id, database_name, since)
         select d.tenant_id, d.name, greatest(d.created_at, l.since)
           from databases d
           left join lateral (select database_name, since from lodgings
                               where tenant_id = d.tenant_id order by since desc, number desc limit 1) l on true
          where d.state = 'live' and d.tenant_id is not null and l.database_name is distinct from d.name"
    );
    Ok(noted.execute(&mut **tx).await?.rows_affected())
}

/// What an instant of a tenant is made of.
pub(in crate::backups) struct Source {
    pub(in crate::backups) base: Uuid,
    pub(in crate::backups) sha256: String,
    pub(in crate::backups) cluster: ClusterId,
    pub(in crate::backups) database: String,
}

/// The newest base backup that was whole before an instant, of the cluster on which the tenant's database of that instant was.
pub(in crate::backups) async fn source(
    tx: &mut Tx,
    tenant: TenantId,
    at: Timestamp,
) -> Result<Option<Source>, DbError> {
    let row = sqlx::query!(
        r#"with house as (
               select d.name, d.cluster_id from lodgings l join databases d on d.name = l.database_name
                where l.tenant_id = $1 and l.since <= $2 order by l.since desc, l.number desc limit 1)
           select h.name, h.cluster_id, b.id, b.sha256 as "sha256!"
             from house h join base_backups b on b.cluster_id = h.cluster_id and b.state = 'done' and b.ended_at <= $2
            order by b.ended_at desc limit 1 for update of b"#,
        tenant.0,
        at.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Source {
        base: row.id,
        sha256: row.sha256,
        cluster: ClusterId(row.cluster_id),
        database: row.name,
    }))
}

/// The earliest instant that can be made of a tenant; nothing where none can.
pub(in crate::backups) async fn earliest(
    conn: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<Timestamp>, DbError> {
    let earliest = sqlx::query_scalar!(
        r#"with stays as (
               select d.cluster_id, l.since, lead(l.since, 1, 'infinity') over (order by l.since, l.number) as until
                 from lodgings l join databases d on d.name = l.database_name where l.tenant_id = $1)
           select min(greatest(b.ended_at, s.since))
             from stays s join base_backups b on b.cluster_id = s.cluster_id and b.state = 'done' and b.ended_at < s.until"#,
        tenant.0
    )
    .fetch_one(conn)
    .await?;
    Ok(earliest.map(|at| at.to_jiff()))
}

/// How a cluster with hotels stands that was ever to be copied.
pub(crate) struct Copied {
    pub(crate) cluster: String,
    /// From this instant on any can be made of its newest whole base backup.
    pub(crate) newest: Option<Timestamp>,
    /// Whether that is too old.
    pub(crate) overdue: bool,
    /// Whether no worker sees that its WAL is archived.
    pub(crate) unarchived: bool,
}

/// Every such cluster.
pub(crate) async fn copied(pool: &PgPool, now: Timestamp) -> Result<Vec<Copied>, DbError> {
    let rows = sqlx::query!(
        r#"select c.id, max(b.ended_at) filter (where b.state = 'done') as newest,
                  coalesce(max(b.ended_at) filter (where b.state = 'done'), min(b.created_at)) < $1 as "overdue!",
                  not exists (select from base_keepers k where k.cluster_id = c.id and k.heard_at > $2) as "unarchived!"
             from clusters c join base_backups b on b.cluster_id = c.id
            where exists (select from databases d where d.cluster_id = c.id and d.tenant_id is not null)
            group by c.id order by c.id"#,
        (now - OVERDUE).to_sqlx() as _,
        (now - HEARD).to_sqlx() as _
    )
    .fetch_all(pool)
    .await?;
    let copied = rows.into_iter().map(|row| Copied {
        cluster: row.id,
        newest: row.newest.map(|at| at.to_jiff()),
        overdue: row.overdue,
        unarchived: row.unarchived,
    });
    Ok(copied.collect())
}
