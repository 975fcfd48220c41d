//! Hotels that were deleted: a copy can be made of their backups as long as these are kept.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::ClusterId;
use hotelhub_web::Result;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::deeds;
use super::model::Refusal;
use super::store::{HEARD, Lodging};
use crate::App;
use crate::database::{DbError, Tx};
use crate::tenants;

/// Where a copy of a tenant is made: where it is served; of one that is deleted, where its last backup was taken, or on any server with a worker
/// that has the store.
pub(super) async fn source(app: &App, tx: &mut Tx, tenant: TenantId) -> Result<Lodging> {
    if tenants::hold_served(tx, tenant).await? {
        return deeds::lodging(app, tx, tenant).await;
    }
    match departed(tx, tenant, app.clock.now()).await? {
        Some(Departed { are_removed: true, .. }) => Err(Refusal::Removed.into()),
        Some(Departed { lodging, .. }) if lodging.kept => Ok(lodging),
        Some(_) => Err(Refusal::NoStore.into()),
        None => Err(Refusal::UnknownTenant.into()),
    }
}

/// A tenant that is deleted.
struct Departed {
    /// Where its backups can be restored.
    lodging: Lodging,
    /// Whether it had backups, and none is kept any more.
    are_removed: bool,
}

async fn departed(tx: &mut Tx, tenant: TenantId, now: Timestamp) -> std::result::Result<Option<Departed>, DbError> {
    let row = sqlx::query!(
        r#"select t.slug, t.time_zone, k.cluster_id as "cluster_id?",
                  coalesce(b.removed and not b.good, false) as "are_removed!"
             from tenants t
             left join lateral (
                 select bool_or(state in ('pruning', 'pruned')) as removed, bool_or(state = 'done') as good
                   from backups where tenant_id = t.id) b on true
             left join lateral (
                 select k.cluster_id from backup_keepers k join clusters c on c.id = k.cluster_id
                  where k.heard_at > $2
                  order by k.cluster_id = (select cluster_id from backups where tenant_id = t.id order by id desc limit 1) desc nulls last,
                           k.cluster_id
                  limit 1) k on true
            where t.id = $1 and t.status = 'churned'"#,
        tenant.0,
        (now - HEARD).to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Departed {
        lodging: Lodging {
            tenant,
            slug: row.slug,
            zone: row.time_zone,
            kept: row.cluster_id.is_some(),
            cluster: ClusterId(row.cluster_id.unwrap_or_default()),
            database: String::new(),
            moving: false,
        },
        are_removed: row.are_removed,
    }))
}
