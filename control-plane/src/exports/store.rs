//! Exports as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{BackedUp, OrderId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::{KEPT_FOR, LATEST_WORD};
use crate::database::{DbError, Tx};
use crate::fleet::orders;

/// An export as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedExport)]
pub(crate) struct Listed {
    /// Which.
    pub(super) id: Uuid,
    /// Whose.
    pub(super) tenant_id: Uuid,
    /// The tenant's name in its address.
    pub(super) slug: String,
    /// `ordered`, `done`, `failed` or `expired`.
    pub(super) state: String,
    /// Who asked for it.
    pub(super) asked_by: String,
    /// The instant it shows.
    pub(super) taken_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub(super) took_ms: Option<i32>,
    /// The version of its schema.
    pub(super) schema: Option<String>,
    /// Rows in it.
    pub(super) rows: Option<i64>,
    /// Bytes of the file.
    pub(super) bytes: Option<i64>,
    /// Until when it can be fetched.
    pub(super) expires_at: Option<Timestamp>,
    /// Why it failed.
    pub(super) error: Option<String>,
    /// When it was ordered.
    pub(super) created_at: Timestamp,
}

/// The latest exports of a tenant, or the one of this id, the newest first.
pub(super) async fn list(
    conn: &mut PgConnection,
    tenant: Option<TenantId>,
    id: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let rows = sqlx::query!(
        "select e.id, e.tenant_id, t.slug, e.state, e.asked_by, e.taken_at, e.took_ms, e.schema, e.row_count, e.file_bytes, e.expires_at,
                e.error, e.created_at
           from exports e join tenants t on t.id = e.tenant_id
          where ($1::uuid is null or e.tenant_id = $1) and ($2::uuid is null or e.id = $2)
          order by e.id desc limit $3",
        tenant.map(|tenant| tenant.0),
        id,
        limit
    )
    .fetch_all(conn)
    .await?;
    let listed = rows.into_iter().map(|row| Listed {
        id: row.id,
        tenant_id: row.tenant_id,
        slug: row.slug,
        state: row.state,
        asked_by: row.asked_by,
        taken_at: row.taken_at.map(|at| at.to_jiff()),
        took_ms: row.took_ms,
        schema: row.schema,
        rows: row.row_count,
        bytes: row.file_bytes,
        expires_at: row.expires_at.map(|at| at.to_jiff()),
        error: row.error,
        created_at: row.created_at.to_jiff(),
    });
    Ok(listed.collect())
}

/// Writes down an export whose order was placed. A second one of a tenant breaks `exports_one_at_a_time`.
pub(super) async fn note_ordered(
    tx: &mut Tx,
    (id, order): (Uuid, Uuid),
    (tenant, asked_by): (TenantId, &str),
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into exports (id, tenant_id, asked_by, order_id, created_at) values ($1, $2, $3, $4, $5)",
        id,
        tenant.0,
        asked_by,
        order,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The order of an export that is under way.
pub(super) async fn order_of(tx: &mut Tx, export: Uuid) -> Result<Option<Uuid>, DbError> {
    let order = sqlx::query_scalar!("select order_id from exports where id = $1 and state = 'ordered'", export);
    Ok(order.fetch_optional(&mut **tx).await?.flatten())
}

/// Writes down that an export was called off; whose it is, if it was under way.
pub(super) async fn note_called_off(
    tx: &mut Tx,
    export: Uuid,
    reason: &str,
    now: Timestamp,
) -> Result<Option<TenantId>, DbError> {
    let tenant = sqlx::query_scalar!(
        "update exports set state = 'failed', error = $2, finished_at = $3 where id = $1 and state = 'ordered' returning tenant_id",
        export,
        reason,
        now.to_sqlx() as _
    );
    Ok(tenant.fetch_optional(&mut **tx).await?.map(TenantId))
}

/// Writes down that an export is whole. Nothing where that was known.
pub(super) async fn note_done(tx: &mut Tx, order: OrderId, told: &BackedUp, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update exports
            set state = 'done', taken_at = $2, took_ms = $3, schema = $4, row_count = $5, file_bytes = $6, finished_at = $7, expires_at = $8
          where order_id = $1 and state = 'ordered'",
        order.0,
        told.taken_at.to_sqlx() as _,
        i32::try_from(told.took_ms).unwrap_or(i32::MAX),
        told.schema,
        i64::try_from(told.rows).unwrap_or(i64::MAX),
        i64::try_from(told.stored_bytes).unwrap_or(i64::MAX),
        now.to_sqlx() as _,
        (now + KEPT_FOR).to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A tenant has another database by now: an export that waits is written of that one, one that is being written of the older one does not
/// count.
pub(super) async fn follow(tx: &mut Tx, tenant: TenantId, database: &str, now: Timestamp) -> Result<(), DbError> {
    let under_way =
        sqlx::query_scalar!("select order_id from exports where tenant_id = $1 and state = 'ordered'", tenant.0);
    let Some(order) = under_way.fetch_optional(&mut **tx).await?.flatten() else { return Ok(()) };
    if orders::follow(tx, order, database, now).await? {
        return Ok(());
    }
    sqlx::query!(
        "update exports set state = 'failed', error = 'the hotel was given another database meanwhile', finished_at = $2
          where order_id = $1 and state = 'ordered'",
        order,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down what no worker will say any more: the order of an export was given up. Such orders are not tried again by hand.
pub(super) async fn settle(tx: &mut Tx, now: Timestamp) -> Result<u64, DbError> {
    let settled = sqlx::query!(
        "with over as (
             update work_orders o set state = 'done' where o.state = 'failed' and o.kind = 'export_tenant'
             returning o.id, o.last_error)
         update exports e set state = 'failed', error = coalesce(o.last_error, 'its order was given up'), finished_at = $1
           from over o where e.order_id = o.id and e.state = 'ordered'",
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(settled.rows_affected())
}

/// Exports whose time is over, and those that failed and may have left something, each with whose it is.
pub(super) async fn over(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<(Uuid, TenantId)>, DbError> {
    let rows = sqlx::query!(
        "select id, tenant_id from exports
          where (state = 'done' and expires_at <= $1) or (state = 'failed' and expires_at is null and finished_at <= $2) limit 100",
        now.to_sqlx() as _,
        (now - LATEST_WORD).to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, TenantId(row.tenant_id))).collect())
}

/// Writes down that an export is removed.
pub(super) async fn note_expired(conn: &mut PgConnection, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update exports set state = case state when 'done' then 'expired' else state end, expires_at = coalesce(expires_at, $2)
          where id = $1 and state in ('done', 'failed')",
        id,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}
