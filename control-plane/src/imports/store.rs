//! Imports as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, OrderId, Restored};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::model::KEPT_FOR;
use crate::database::{DbError, Tx};
use crate::fleet::clusters::{self, Candidate};
use crate::signup::Wish;

/// A worker not heard for longer takes nothing in.
const HEARD: SignedDuration = SignedDuration::from_mins(1);

/// An import as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedImport)]
pub(super) struct Listed {
    /// Which.
    pub(super) id: Uuid,
    /// `awaited`, `ordered`, `done`, `failed` or `expired`.
    pub(super) state: String,
    /// Who asked for it.
    pub(super) asked_by: String,
    /// What the tenant is to be.
    pub(super) wish: Wish,
    /// Its id, once it is there.
    pub(super) tenant_id: Uuid,
    /// Pieces that arrived.
    pub(super) pieces: i64,
    /// Bytes that arrived.
    pub(super) bytes: i64,
    /// How long it took, in milliseconds.
    pub(super) took_ms: Option<i32>,
    /// Rows that came in.
    pub(super) rows: Option<i64>,
    /// Why it failed.
    pub(super) error: Option<String>,
    /// When it was asked for.
    pub(super) created_at: Timestamp,
}

/// An import.
pub(super) async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Listed>, DbError> {
    let row = sqlx::query!(
        r#"select i.id, i.state, i.asked_by, i.wish as "wish: Json<Wish>", i.tenant_id, i.took_ms, i.row_count, i.error, i.created_at,
                  (select count(*) from import_pieces p where p.import_id = i.id) as "pieces!",
                  (select coalesce(sum(p.bytes), 0)::bigint from import_pieces p where p.import_id = i.id) as "bytes!"
             from imports i where i.id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Listed {
        id: row.id,
        state: row.state,
        asked_by: row.asked_by,
        wish: row.wish.0,
        tenant_id: row.tenant_id,
        pieces: row.pieces,
        bytes: row.bytes,
        took_ms: row.took_ms,
        rows: row.row_count,
        error: row.error,
        created_at: row.created_at.to_jiff(),
    }))
}

/// Writes down that a file is awaited.
pub(super) async fn note_awaited(
    tx: &mut Tx,
    (id, tenant): (Uuid, Uuid),
    (wish, asked_by): (&Wish, &str),
    now: Timestamp,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into imports (id, tenant_id, wish, asked_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)",
        id,
        tenant,
        Json(wish) as _,
        asked_by,
        now.to_sqlx() as _,
        (now + KEPT_FOR).to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down a piece that lies in the exchange, if its import still takes any; the one it replaces.
pub(super) async fn note_piece(
    tx: &mut Tx,
    import: Uuid,
    number: i32,
    (piece, bytes): (Uuid, i64),
) -> Result<Option<Uuid>, DbError> {
    let before = sqlx::query_scalar!(
        "delete from import_pieces where import_id = $1 and number = $2 returning id",
        import,
        number
    )
    .fetch_optional(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into import_pieces (import_id, number, id, bytes) values ($1, $2, $3, $4)",
        import,
        number,
        piece,
        bytes
    )
    .execute(&mut **tx)
    .await?;
    Ok(before)
}

/// The state of an import, held until the transaction ends.
pub(super) async fn hold(tx: &mut Tx, import: Uuid) -> Result<Option<String>, DbError> {
    let held = sqlx::query_scalar!("select state from imports where id = $1 for update", import);
    Ok(held.fetch_optional(&mut **tx).await?)
}

/// The pieces of an import, each with its number.
pub(super) async fn pieces(conn: &mut PgConnection, import: Uuid) -> Result<Vec<(i32, Uuid)>, DbError> {
    let rows = sqlx::query!("select number, id from import_pieces where import_id = $1 order by number", import);
    Ok(rows.fetch_all(conn).await?.into_iter().map(|row| (row.number, row.id)).collect())
}

/// The cluster for a hotel of this plan, of those with room whose worker has a store.
pub(super) async fn roomiest(tx: &mut Tx, plan: &str, now: Timestamp) -> Result<Option<ClusterId>, DbError> {
    let kept = sqlx::query_scalar!(
        r#"select cluster_id as "cluster!" from backup_keepers where heard_at > $1"#,
        (now - HEARD).to_sqlx() as _
    );
    let kept = kept.fetch_all(&mut **tx).await?;
    let need = clusters::need_of_plan(tx, plan).await?;
    let has_room = |known: &Candidate| known.databases < known.capacity && kept.contains(&known.id.0);
    let candidates: Vec<_> = clusters::candidates(tx).await?.into_iter().filter(has_room).collect();
    Ok(clusters::choose(&candidates, need).map(|chosen| chosen.id.clone()))
}

/// Writes down a database that a hotel comes into.
pub(super) async fn note_database(tx: &mut Tx, name: &str, cluster: &ClusterId, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into databases (name, cluster_id, state, created_at) values ($1, $2, 'restoring', $3)",
        name,
        cluster.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that an import's order was placed.
pub(super) async fn note_ordered(tx: &mut Tx, import: Uuid, (order, database): (Uuid, &str)) -> Result<(), DbError> {
    sqlx::query!(
        "update imports set state = 'ordered', order_id = $2, database_name = $3 where id = $1",
        import,
        order,
        database
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An import that is under way.
pub(super) struct Begun {
    pub(super) id: Uuid,
    pub(super) tenant: TenantId,
    pub(super) cluster: ClusterId,
    pub(super) database: String,
    pub(super) wish: Wish,
}

/// The import an order is for, held until the transaction ends; nothing where it is over.
pub(super) async fn open(tx: &mut Tx, order: OrderId) -> Result<Option<Begun>, DbError> {
    let row = sqlx::query!(
        r#"select i.id, i.tenant_id, d.cluster_id, d.name, i.wish as "wish: Json<Wish>"
             from imports i join databases d on d.name = i.database_name
            where i.order_id = $1 and i.state = 'ordered' for update of i"#,
        order.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Begun {
        id: row.id,
        tenant: TenantId(row.tenant_id),
        cluster: ClusterId(row.cluster_id),
        database: row.name,
        wish: row.wish.0,
    }))
}

/// Writes down that an import is through.
pub(super) async fn note_done(tx: &mut Tx, import: Uuid, told: &Restored, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update imports set state = 'done', took_ms = $2, row_count = $3, finished_at = $4, expires_at = $4 where id = $1",
        import,
        i32::try_from(told.took_ms).unwrap_or(i32::MAX),
        i64::try_from(told.rows).unwrap_or(i64::MAX),
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that an import failed.
pub(super) async fn note_failed(tx: &mut Tx, import: Uuid, reason: &str, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update imports set state = 'failed', error = $2, finished_at = $3, expires_at = $3 where id = $1",
        import,
        reason,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Closes the orders of imports that were given up, each with why. Such orders are not tried again by hand.
pub(super) async fn given_up(tx: &mut Tx) -> Result<Vec<(OrderId, String)>, DbError> {
    let rows = sqlx::query!(
        r#"update work_orders set state = 'done' where state = 'failed' and kind = 'import_tenant'
           returning id, coalesce(last_error, 'its order was given up') as "reason!""#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (OrderId(row.id), row.reason)).collect())
}

/// Ends imports that are awaited for too long. One that is just being begun is looked at when that is done: it is begun, or it is over.
pub(super) async fn expire(conn: &mut PgConnection, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update imports set state = 'expired' where state = 'awaited' and expires_at <= $1",
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Imports that are over and whose pieces are not removed: they take no more, and nobody reads any.
pub(super) async fn over(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<Uuid>, DbError> {
    let rows = sqlx::query_scalar!(
        "select id from imports
          where tidied_at is null and expires_at <= $1 and state not in ('awaited', 'ordered') order by expires_at limit 100",
        now.to_sqlx() as _
    );
    Ok(rows.fetch_all(conn).await?)
}

/// Writes down that an import's pieces are removed.
pub(super) async fn note_tidied(conn: &mut PgConnection, import: Uuid, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "with gone as (delete from import_pieces where import_id = $1)
         update imports set tidied_at = $2 where id = $1",
        import,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(())
}
