//! Room in databases that tenants share, and the end of one in which nobody lives.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::ClusterId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::store::{Claimed, name};
use crate::database::{DbError, Tx};
use crate::fleet::clusters;

/// Schemas in one database. Its catalogue grows with each, and a backend reads of it only what its own tenant's statements touch; but a
/// database that is damaged, or whose server must be asked to leave it, takes all of them along.
const CAPACITY: i32 = 250;

/// Names a schema for a tenant, on a cluster that has room, or on the one it is to come to; nothing when none has.
pub(crate) async fn claim_schema(
    tx: &mut Tx,
    (tenant, to): (TenantId, Option<&ClusterId>),
    fresh: [Uuid; 2],
    now: Timestamp,
) -> Result<Option<Claimed>, DbError> {
    let need = clusters::need_of(tx, tenant).await?;
    let mut candidates = clusters::candidates(tx).await?;
    candidates.retain(|known| known.has_room() && to.is_none_or(|to| known.id == *to));
    let Some(chosen) = clusters::choose(&candidates, need) else { return Ok(None) };
    let cluster = chosen.id.clone();
    let name = name_schema(tx, &cluster, ("claimed", Some(tenant)), fresh, now).await?;
    Ok(Some(Claimed { cluster, name }))
}

/// Names a schema on a cluster: in the oldest shared database that has room, or in a new one where there is none.
pub(crate) async fn name_schema(
    tx: &mut Tx,
    cluster: &ClusterId,
    (state, tenant): (&str, Option<TenantId>),
    fresh: [Uuid; 2],
    now: Timestamp,
) -> Result<String, DbError> {
    let [own, shared] = fresh;
    let named = sqlx::query_scalar!(
        "with place as (
             select (select s.name from shared_databases s
                      where s.cluster_id = $5
                        and (select count(*) from databases d
                              where d.shared_database = s.name and d.state <> 'dropped') < s.capacity
                      order by s.created_at, s.name limit 1 for key share of s) as shared),
         opened as (
             insert into shared_databases (name, cluster_id, capacity, created_at)
             select $1, $5, $2, $3 from place where shared is null)
         insert into databases (name, cluster_id, state, tenant_id, created_at)
         select coalesce(shared, $1) || '.' || $4::text, $5, $6, $7, $3 from place
         returning name",
        format!("s_{}", shared.simple()),
        CAPACITY,
        now.to_sqlx() as _,
        name(own),
        cluster.0,
        state,
        tenant.map(|tenant| tenant.0)
    );
    Ok(named.fetch_one(&mut **tx).await?)
}

/// Sees to it that the oldest shared database of a cluster in which nobody lives, and that was opened before `opened`, is given to nobody
/// any more, and is on its way out like any other; its name.
pub(super) async fn retire_empty(
    tx: &mut Tx,
    cluster: &ClusterId,
    opened: Timestamp,
) -> Result<Option<String>, DbError> {
    let empty = sqlx::query_scalar!(
        "select s.name from shared_databases s
          where s.cluster_id = $1 and s.created_at < $2
            and not exists (select from databases d where d.shared_database = s.name and d.state <> 'dropped')
          order by s.created_at limit 1 for update skip locked",
        cluster.0,
        opened.to_sqlx() as _
    );
    let Some(name) = empty.fetch_optional(&mut **tx).await? else { return Ok(None) };
    // Whoever was given room there just before it was held is seen now.
    let retired = sqlx::query_scalar!(
        "with closed as (
             delete from shared_databases s
              where s.name = $1
                and not exists (select from databases d where d.shared_database = s.name and d.state <> 'dropped')
             returning s.name, s.cluster_id, s.created_at)
         insert into databases (name, cluster_id, state, created_at)
         select name, cluster_id, 'retired', created_at from closed
         returning name",
        name
    );
    Ok(retired.fetch_optional(&mut **tx).await?)
}
