//! Moves as staff see them.
use hotelhub_kernel::TenantId;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::DbError;

/// A move as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedMove)]
pub(crate) struct Listed {
    /// Which.
    pub(crate) id: Uuid,
    /// Whose data.
    pub(crate) tenant_id: Uuid,
    /// That tenant's name in its address.
    pub(crate) slug: String,
    /// From which cluster.
    pub(crate) from: String,
    /// To which.
    pub(crate) to: String,
    /// `copying`, `switching`, `clearing`, `undoing`, `done` or `given_up`. From `clearing` on the tenant is served from its new place.
    pub(crate) state: String,
    /// Who asked for it.
    pub(crate) asked_by: String,
    /// Bytes of the copy.
    pub(crate) bytes: Option<i64>,
    /// Rows that were compared while the writers were held.
    pub(crate) rows: Option<i64>,
    /// How long the writers were held until the copy was known to be the same, in milliseconds.
    pub(crate) held_ms: Option<i32>,
    /// Why it is given up.
    pub(crate) reason: Option<String>,
    /// What went wrong when its present step was tried last.
    pub(crate) trouble: Option<String>,
    /// Until when what it moved away from is kept.
    pub(crate) keep_until: Option<Timestamp>,
    /// When it was begun.
    pub(crate) created_at: Timestamp,
    /// When the copy was there.
    pub(crate) copied_at: Option<Timestamp>,
    /// When the tenant was served from its new place.
    pub(crate) switched_at: Option<Timestamp>,
    /// When it was over.
    pub(crate) finished_at: Option<Timestamp>,
}

/// The latest moves of a tenant, or the one of this id, the newest first.
pub(crate) async fn list(
    conn: &mut PgConnection,
    tenant: Option<TenantId>,
    id: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let rows = sqlx::query!(
        r#"select m.id, m.tenant_id, t.slug, m.source_cluster, m.target_cluster, m.state, m.asked_by, m.bytes, m.row_count, m.held_ms,
                  m.reason, m.keep_until, m.created_at, m.copied_at, m.switched_at, m.finished_at,
                  case when m.finished_at is null then o.last_error end as trouble
             from moves m join tenants t on t.id = m.tenant_id left join work_orders o on o.id = m.order_id
            where ($1::uuid is null or m.tenant_id = $1) and ($2::uuid is null or m.id = $2)
            order by m.id desc limit $3"#,
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
        from: row.source_cluster,
        to: row.target_cluster,
        state: row.state,
        asked_by: row.asked_by,
        bytes: row.bytes,
        rows: row.row_count,
        held_ms: row.held_ms,
        reason: row.reason,
        trouble: row.trouble,
        keep_until: row.keep_until.map(|at| at.to_jiff()),
        created_at: row.created_at.to_jiff(),
        copied_at: row.copied_at.map(|at| at.to_jiff()),
        switched_at: row.switched_at.map(|at| at.to_jiff()),
        finished_at: row.finished_at.map(|at| at.to_jiff()),
    });
    Ok(listed.collect())
}
