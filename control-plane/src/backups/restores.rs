//! Restores as rows, and the databases they make, replace and leave behind.
use hotelhub_kernel::{Host, Slug, TenantId};
use hotelhub_protocol::{ClusterId, OrderId, Restored};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::{DbError, Tx};
use crate::fleet::ready;

/// A restore as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedRestore)]
pub(super) struct Listed {
    /// Which.
    pub(super) id: Uuid,
    /// Of which backup.
    pub(super) backup_id: Uuid,
    /// `in_place`, `copy` or `drill`.
    pub(super) kind: String,
    /// Whose house the database is, or was to be.
    pub(super) tenant_id: Uuid,
    /// `ordered`, `done`, `failed` or `undone`.
    pub(super) state: String,
    /// Who asked for it.
    pub(super) asked_by: String,
    /// How long it took, in milliseconds.
    pub(super) took_ms: Option<i32>,
    /// Rows that were found as they were backed up.
    pub(super) rows: Option<i64>,
    /// Until when it can be undone; absent where there is nothing to return to.
    pub(super) undo_until: Option<Timestamp>,
    /// Why it failed.
    pub(super) error: Option<String>,
    /// When it was ordered.
    pub(super) created_at: Timestamp,
    /// When it ended.
    pub(super) finished_at: Option<Timestamp>,
}

/// The latest restores into a tenant, or of its backups, or the one of this id, the newest first.
pub(super) async fn list(
    conn: &mut PgConnection,
    tenant: Option<TenantId>,
    id: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let rows = sqlx::query!(
        r#"select r.id, r.backup_id, r.kind, r.tenant_id, r.state, r.asked_by, r.took_ms, r.row_count, r.error, r.created_at,
                  r.finished_at,
                  case when r.state = 'done' and r.kind = 'in_place' and o.state = 'set_aside' then r.keep_until end as undo_until
             from restores r join backups b on b.id = r.backup_id left join databases o on o.name = r.old_database
            where ($1::uuid is null or r.tenant_id = $1 or b.tenant_id = $1) and ($2::uuid is null or r.id = $2)
            order by r.id desc limit $3"#,
        tenant.map(|tenant| tenant.0),
        id,
        limit
    )
    .fetch_all(conn)
    .await?;
    let listed = rows.into_iter().map(|row| Listed {
        id: row.id,
        backup_id: row.backup_id,
        kind: row.kind,
        tenant_id: row.tenant_id,
        state: row.state,
        asked_by: row.asked_by,
        took_ms: row.took_ms,
        rows: row.row_count,
        undo_until: row.undo_until.map(|at| at.to_jiff()),
        error: row.error,
        created_at: row.created_at.to_jiff(),
        finished_at: row.finished_at.map(|at| at.to_jiff()),
    });
    Ok(listed.collect())
}

/// A restore to be ordered.
pub(super) struct Ordered<'a> {
    pub(super) id: Uuid,
    pub(super) backup: Uuid,
    pub(super) kind: &'a str,
    pub(super) tenant: TenantId,
    pub(super) asked_by: &'a str,
    /// Absent where its backup is still to be made.
    pub(super) order: Option<Uuid>,
    pub(super) cluster: &'a ClusterId,
    pub(super) database: &'a str,
    pub(super) closed_for_it: bool,
}

/// Writes down a restore whose order was placed, and its database. A second one of a tenant breaks `restores_one_at_a_time`.
pub(super) async fn note_ordered(tx: &mut Tx, ordered: &Ordered<'_>, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into databases (name, cluster_id, state, created_at) values ($1, $2, 'restoring', $3)",
        ordered.database,
        ordered.cluster.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into restores (id, backup_id, kind, tenant_id, asked_by, order_id, database_name, closed_for_it, closed_since, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8,
                 case when $3 = 'in_place' then (select maintenance_since from tenants where id = $4) end, $9)",
        ordered.id,
        ordered.backup,
        ordered.kind,
        ordered.tenant.0,
        ordered.asked_by,
        ordered.order,
        ordered.database,
        ordered.closed_for_it,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A tenant that is to be a copy of another.
pub(super) struct Twin<'a> {
    pub(super) tenant: TenantId,
    pub(super) of: TenantId,
    pub(super) slug: &'a Slug,
    pub(super) host: &'a Host,
    pub(super) subscription: Uuid,
    pub(super) anchor: Date,
    pub(super) trial_ends_at: Timestamp,
}

/// Writes a tenant with another's owner and plan, on trial. A slug that is taken breaks `tenants_slug_unique`.
pub(super) async fn begin_twin(tx: &mut Tx, twin: &Twin<'_>, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "with tenant as (
             insert into tenants (id, slug, name, status, status_since, owner_name, owner_email, owner_phone, time_zone, created_at)
             select $1, $2, name, 'trial', $3, owner_name, owner_email, owner_phone, time_zone, $3 from tenants where id = $4),
         domain as (insert into domains (host, tenant_id, kind, created_at) values ($5, $1, 'slug', $3))
         insert into subscriptions (id, tenant_id, plan_id, price_id, state, rooms, anchor_on, trial_ends_at, created_at)
         select $6, $1, plan_id, price_id, 'trialing', rooms, $7, $8, $3 from subscriptions where tenant_id = $4",
        twin.tenant.0,
        twin.slug.as_str(),
        now.to_sqlx() as _,
        twin.of.0,
        twin.host.as_str(),
        twin.subscription,
        twin.anchor.to_sqlx() as _,
        twin.trial_ends_at.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A restore that is under way.
pub(super) struct Begun {
    pub(super) id: Uuid,
    pub(super) backup: Uuid,
    pub(super) kind: String,
    pub(super) tenant: TenantId,
    pub(super) database: String,
    pub(super) closed_for_it: bool,
}

/// The restore an order is for, held until the transaction ends; nothing where it is over.
pub(super) async fn open(tx: &mut Tx, order: OrderId) -> Result<Option<Begun>, DbError> {
    let row = sqlx::query!(
        "select id, backup_id, kind, tenant_id, database_name, closed_for_it from restores
          where order_id = $1 and state = 'ordered' for update",
        order.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Begun {
        id: row.id,
        backup: row.backup_id,
        kind: row.kind,
        tenant: TenantId(row.tenant_id),
        database: row.database_name,
        closed_for_it: row.closed_for_it,
    }))
}

/// Restores that wait for this backup, which failed; each with why.
pub(super) async fn waiting(tx: &mut Tx, backup: Uuid) -> Result<Vec<(Begun, String)>, DbError> {
    let rows = sqlx::query!(
        r#"select r.id, r.backup_id, r.kind, r.tenant_id, r.database_name, r.closed_for_it,
                  coalesce(b.error, 'its backup failed') as "reason!"
             from restores r join backups b on b.id = r.backup_id
            where r.backup_id = $1 and r.state = 'ordered' and r.order_id is null for update of r"#,
        backup
    )
    .fetch_all(&mut **tx)
    .await?;
    let waiting = rows.into_iter().map(|row| {
        let begun = Begun {
            id: row.id,
            backup: row.backup_id,
            kind: row.kind,
            tenant: TenantId(row.tenant_id),
            database: row.database_name,
            closed_for_it: row.closed_for_it,
        };
        (begun, row.reason)
    });
    Ok(waiting.collect())
}

/// A restore whose backup is made.
pub(super) struct Waited {
    pub(super) id: Uuid,
    pub(super) backup: Uuid,
    pub(super) source: TenantId,
    pub(super) tenant: TenantId,
    pub(super) slug: String,
    pub(super) cluster: ClusterId,
    pub(super) database: String,
}

/// The restores that waited for the backup of this order.
pub(super) async fn waited(tx: &mut Tx, order: OrderId) -> Result<Vec<Waited>, DbError> {
    let rows = sqlx::query!(
        r#"select r.id, r.backup_id, r.tenant_id, r.database_name, b.tenant_id as source, t.slug, d.cluster_id
             from restores r
             join backups b on b.id = r.backup_id and b.order_id = $1
             join tenants t on t.id = r.tenant_id
             join databases d on d.name = r.database_name
            where r.state = 'ordered' and r.order_id is null for update of r"#,
        order.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let waited = rows.into_iter().map(|row| Waited {
        id: row.id,
        backup: row.backup_id,
        source: TenantId(row.source),
        tenant: TenantId(row.tenant_id),
        slug: row.slug,
        cluster: ClusterId(row.cluster_id),
        database: row.database_name,
    });
    Ok(waited.collect())
}

/// Writes down the order of a restore that waited.
pub(super) async fn note_order(tx: &mut Tx, restore: Uuid, order: Uuid) -> Result<(), DbError> {
    sqlx::query!("update restores set order_id = $2 where id = $1", restore, order).execute(&mut **tx).await?;
    Ok(())
}

/// Closes the orders of restores that were given up; each with why. Orders about backups are not tried again by hand.
pub(super) async fn given_up(tx: &mut Tx) -> Result<Vec<(OrderId, String)>, DbError> {
    let rows = sqlx::query!(
        r#"update work_orders set state = 'done' where state = 'failed' and kind = 'restore_tenant'
           returning id, coalesce(last_error, 'its order was given up') as "reason!""#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (OrderId(row.id), row.reason)).collect())
}

/// The database of a drill is gone: its worker dropped it.
pub(super) async fn forget_database(tx: &mut Tx, begun: &Begun) -> Result<(), DbError> {
    sqlx::query!("update databases set state = 'dropped' where name = $1 and state = 'restoring'", begun.database)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes down that a restore is through, and what it replaced.
pub(super) async fn note_done(
    tx: &mut Tx,
    begun: &Begun,
    told: &Restored,
    left: Option<(&str, Timestamp)>,
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "update restores set state = 'done', took_ms = $2, row_count = $3, old_database = $4, keep_until = $5, finished_at = $6
          where id = $1",
        begun.id,
        i32::try_from(told.took_ms).unwrap_or(i32::MAX),
        i64::try_from(told.rows).unwrap_or(i64::MAX),
        left.map(|(name, _)| name),
        left.map(|(_, until)| until.to_sqlx()) as _,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that a restore failed: what may be there of its database is nobody's, and dropped once it is `quiet`.
pub(super) async fn note_failed(
    tx: &mut Tx,
    begun: &Begun,
    reason: &str,
    (now, quiet): (Timestamp, Timestamp),
) -> Result<(), DbError> {
    sqlx::query!(
        "with aside as (update databases set state = 'set_aside' where name = $4 and state = 'restoring')
         update restores set state = 'failed', error = $2, old_database = $4, keep_until = $5, finished_at = $3 where id = $1",
        begun.id,
        reason,
        now.to_sqlx() as _,
        begun.database,
        quiet.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A restore in place that can be undone: what is served, and what it replaced.
pub(super) struct Undoable {
    pub(super) served: String,
    pub(super) old: String,
    pub(super) cluster: ClusterId,
    /// The version of the schema of what it replaced, and the newest.
    pub(super) template: Option<String>,
    pub(super) newest: Option<String>,
}

/// A restore that can be undone, held until the transaction ends.
pub(super) async fn undoable(tx: &mut Tx, restore: Uuid, now: Timestamp) -> Result<Option<Undoable>, DbError> {
    let row = sqlx::query!(
        r#"select r.database_name, r.old_database as "old_database!", o.cluster_id, o.template, c.template as newest
             from restores r
             join databases d on d.name = r.database_name and d.state = 'live' and d.tenant_id = r.tenant_id
             join databases o on o.name = r.old_database and o.state = 'set_aside'
             join clusters c on c.id = o.cluster_id
            where r.id = $1 and r.state = 'done' and r.kind = 'in_place' and r.keep_until > $2
            for update of r, d, o"#,
        restore,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Undoable {
        served: row.database_name,
        old: row.old_database,
        cluster: ClusterId(row.cluster_id),
        template: row.template,
        newest: row.newest,
    }))
}

/// Writes down that a restore was undone: what it had made is kept for a while in its turn.
pub(super) async fn note_undone(tx: &mut Tx, restore: Uuid, left: &str, until: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update restores set state = 'undone', old_database = $2, keep_until = $3 where id = $1",
        restore,
        left,
        until.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A database that was set aside and is not kept any longer.
pub(super) struct Left {
    pub(super) tenant: TenantId,
    /// Whose house may be in it instead: a copy that failed was perhaps not told yet that it is one.
    pub(super) house: TenantId,
    pub(super) cluster: ClusterId,
    pub(super) database: String,
}

/// One on each server where nothing is being dropped, the longest due first. Those who order drops take turns.
pub(super) async fn left_behind(tx: &mut Tx, now: Timestamp) -> Result<Vec<Left>, DbError> {
    ready::take_turn(tx).await?;
    let rows = sqlx::query!(
        r#"select distinct on (d.cluster_id) r.tenant_id as "tenant_id!", d.cluster_id, d.name, r.house as "house!"
           from (select r.tenant_id, r.old_database, r.keep_until,
                        case when r.state = 'failed' then b.tenant_id else r.tenant_id end as house
                   from restores r join backups b on b.id = r.backup_id
                 union all
                 select tenant_id, source_database, keep_until, tenant_id from moves where state in ('done', 'given_up')) r
           join databases d on d.name = r.old_database and d.state = 'set_aside'
          where r.keep_until <= $1
            and not exists (select from work_orders o where o.state in ('queued', 'leased') and o.cluster_id = d.cluster_id
                               and o.kind in ('drop_database', 'drop_template'))
          order by d.cluster_id, r.keep_until"#,
        now.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    let left = rows.into_iter().map(|row| Left {
        tenant: TenantId(row.tenant_id),
        house: TenantId(row.house),
        cluster: ClusterId(row.cluster_id),
        database: row.name,
    });
    Ok(left.collect())
}
