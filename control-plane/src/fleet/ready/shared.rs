//! Room in databases that tenants share.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::ClusterId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::store::{Claimed, name};
use crate::database::{DbError, Tx};

/// Schemas in one database. Its catalogue grows with each, and a backend reads of it only what its own tenant's statements touch; but a
/// database that is damaged, or whose server must be asked to leave it, takes all of them along.
const CAPACITY: i32 = 250;

/// Names a schema for a tenant: in the oldest shared database that has room, on a cluster that has room, or in a new one where there is none.
/// Nothing when no cluster has room.
pub(crate) async fn claim_schema(
    tx: &mut Tx,
    tenant: TenantId,
    fresh: [Uuid; 2],
    now: Timestamp,
) -> Result<Option<Claimed>, DbError> {
    let [own, shared] = fresh;
    let named = sqlx::query!(
        "with place as (
             select c.id as cluster_id, s.name as shared
               from clusters c
               left join lateral (select count(*) as held from databases d
                                   where d.cluster_id = c.id and d.state not in ('failed', 'dropped')) h on true
               left join lateral (select s.name from shared_databases s
                                   where s.cluster_id = c.id
                                     and (select count(*) from databases d
                                           where d.shared_database = s.name and d.state <> 'dropped') < s.capacity
                                   order by s.created_at, s.name limit 1) s on true
              where c.state = 'open' and h.held < c.capacity
              order by (c.template is null), (s.name is null), h.held::float8 / c.capacity, c.id limit 1),
         opened as (
             insert into shared_databases (name, cluster_id, capacity, created_at)
             select $1, cluster_id, $2, $3 from place where shared is null)
         insert into databases (name, cluster_id, state, tenant_id, created_at)
         select coalesce(shared, $1) || '.' || $4::text, cluster_id, 'claimed', $5, $3 from place
         returning cluster_id, name",
        format!("s_{}", shared.simple()),
        CAPACITY,
        now.to_sqlx() as _,
        name(own),
        tenant.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(named.map(|row| Claimed { cluster: ClusterId(row.cluster_id), name: row.name }))
}
