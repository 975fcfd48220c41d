//! Exports as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{BackedUp, Copying, HowFar, OrderId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
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
    /// Whether that is an owner of the hotel, not staff.
    pub(super) by_owner: bool,
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
    /// Whether a worker has it in hand; one that is ordered and is not waits for one.
    pub(super) at_work: bool,
    /// How far it is while it is written, as soon as that is known.
    pub(super) how_far: Option<Far>,
    /// Until when it can be fetched.
    pub(super) expires_at: Option<Timestamp>,
    /// Why it failed.
    pub(super) error: Option<String>,
    /// When it was ordered.
    pub(super) created_at: Timestamp,
}

/// How far an export is that is being written, of what its snapshot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ExportHowFar)]
pub(crate) struct Far {
    /// Tables that are through.
    pub(super) tables_done: i32,
    /// Tables in all.
    pub(super) tables: i32,
    /// Rows that are through.
    pub(super) rows_done: i64,
    /// Rows in all.
    pub(super) rows: i64,
    /// Bytes written of the file.
    pub(super) bytes: i64,
}

/// The latest exports of a tenant, or the one of this id, the newest first.
pub(super) async fn list(
    conn: &mut PgConnection,
    tenant: Option<TenantId>,
    id: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let rows = sqlx::query!(
        r#"select e.id, e.tenant_id, t.slug, e.state, e.asked_by, e.taken_at, e.took_ms, e.schema, e.row_count, e.file_bytes, e.expires_at,
                e.error, e.created_at, e.tables_done, e.tables_all, e.rows_done, e.rows_all, e.bytes_done,
                e.owner_id is not null as "by_owner!",
                e.state = 'ordered' and exists (select from work_orders o where o.id = e.order_id and o.state = 'leased') as "at_work!"
           from exports e join tenants t on t.id = e.tenant_id
          where ($1::uuid is null or e.tenant_id = $1) and ($2::uuid is null or e.id = $2)
          order by e.id desc limit $3"#,
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
        by_owner: row.by_owner,
        taken_at: row.taken_at.map(|at| at.to_jiff()),
        took_ms: row.took_ms,
        schema: row.schema,
        rows: row.row_count,
        bytes: row.file_bytes,
        at_work: row.at_work,
        how_far: far(row.tables_done.zip(row.tables_all), row.rows_done.zip(row.rows_all), row.bytes_done)
            .filter(|_| row.at_work),
        expires_at: row.expires_at.map(|at| at.to_jiff()),
        error: row.error,
        created_at: row.created_at.to_jiff(),
    });
    Ok(listed.collect())
}

fn far(tables: Option<(i32, i32)>, rows: Option<(i64, i64)>, bytes: Option<i64>) -> Option<Far> {
    let ((tables_done, tables), (rows_done, rows)) = tables.zip(rows)?;
    Some(Far { tables_done, tables, rows_done, rows, bytes: bytes? })
}

/// Who asks for an export.
pub(super) enum Asker<'a> {
    /// One of the vendor's people, by name.
    Staff(&'a str),
    /// An owner of the hotel, by name and account, and the wish that was said.
    Owner { name: &'a str, account: Uuid, wish: Uuid },
}

/// Writes down an export whose order was placed. A second one of a tenant breaks `exports_one_at_a_time`.
pub(super) async fn note_ordered(
    tx: &mut Tx,
    (id, order): (Uuid, Uuid),
    (tenant, asker): (TenantId, &Asker<'_>),
    now: Timestamp,
) -> Result<(), DbError> {
    let (name, account, wish) = match *asker {
        Asker::Staff(name) => (name, None, None),
        Asker::Owner { name, account, wish } => (name, Some(account), Some(wish)),
    };
    sqlx::query!(
        "insert into exports (id, tenant_id, asked_by, order_id, created_at, owner_id, owner_wish) values ($1, $2, $3, $4, $5, $6, $7)",
        id,
        tenant.0,
        name,
        order,
        now.to_sqlx() as _,
        account,
        wish
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The export that a tenant's owner was given for this wish.
pub(super) async fn of_wish(tx: &mut Tx, tenant: TenantId, wish: Uuid) -> Result<Option<Uuid>, DbError> {
    let export = sqlx::query_scalar!("select id from exports where tenant_id = $1 and owner_wish = $2", tenant.0, wish);
    Ok(export.fetch_optional(&mut **tx).await?)
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

/// Writes down how far this node is with the exports that are leased to it. One that has not counted yet is nowhere, wherever another worker
/// was before it.
pub(super) async fn note_how_far(pool: &PgPool, node: &str, said: &[Copying]) -> Result<(), DbError> {
    if said.is_empty() {
        return Ok(());
    }
    let orders: Vec<Uuid> = said.iter().map(|one| one.order.0).collect();
    let fences: Vec<i64> = said.iter().map(|one| whole(one.fence)).collect();
    let small = |count: fn(&HowFar) -> u32| -> Vec<Option<i32>> {
        said.iter().map(|one| one.how_far.map(|far| i32::try_from(count(&far)).unwrap_or(i32::MAX))).collect()
    };
    let large = |count: fn(&HowFar) -> u64| -> Vec<Option<i64>> {
        said.iter().map(|one| one.how_far.map(|far| whole(count(&far)))).collect()
    };
    let (tables_done, tables) = (small(|far| far.tables_done), small(|far| far.tables));
    let (rows_done, rows, bytes) = (large(|far| far.rows_done), large(|far| far.rows), large(|far| far.bytes));
    sqlx::query!(
        "update exports e
            set tables_done = far.tables_done, tables_all = far.tables_all, rows_done = far.rows_done, rows_all = far.rows_all,
                bytes_done = far.bytes_done
           from unnest($2::uuid[], $3::bigint[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[], $8::bigint[])
                    as far(order_id, fence, tables_done, tables_all, rows_done, rows_all, bytes_done)
           join work_orders o on o.id = far.order_id and o.fence = far.fence
          where e.order_id = o.id and e.state = 'ordered' and o.leased_by = $1 and o.state = 'leased'",
        node,
        &orders,
        &fences,
        &tables_done as &[Option<i32>],
        &tables as &[Option<i32>],
        &rows_done as &[Option<i64>],
        &rows as &[Option<i64>],
        &bytes as &[Option<i64>]
    )
    .execute(pool)
    .await?;
    Ok(())
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
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
        whole(told.rows),
        whole(told.stored_bytes),
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
