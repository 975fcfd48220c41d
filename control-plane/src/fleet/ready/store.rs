//! Databases as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::ClusterId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Stock;
use crate::database::{DbError, Tx};

/// A database given to a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) cluster: ClusterId,
    pub(crate) name: String,
}

/// A database's name and its role's name.
pub(super) fn name(id: Uuid) -> String {
    format!("t_{}", id.simple())
}

/// Claims the oldest ready-made database for a tenant; where there is none, names a new one on the emptiest open cluster.
/// Nothing when no cluster has room.
pub(crate) async fn claim(
    tx: &mut Tx,
    tenant: TenantId,
    fresh: Uuid,
    now: Timestamp,
) -> Result<Option<Claimed>, DbError> {
    let ready = sqlx::query!(
        "update databases set state = 'claimed', tenant_id = $1
          where name = (select d.name from databases d join clusters c on c.id = d.cluster_id
                         where d.state = 'ready' and d.template = c.template and c.state = 'open'
                         order by d.created_at limit 1 for update of d skip locked)
         returning cluster_id, name",
        tenant.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = ready {
        return Ok(Some(Claimed { cluster: ClusterId(row.cluster_id), name: row.name }));
    }
    let named = sqlx::query!(
        "insert into databases (name, cluster_id, state, tenant_id, created_at)
         select $1, c.id, 'claimed', $2, $3
           from clusters c
           left join lateral (select count(*) as held from databases d
                               where d.cluster_id = c.id and d.state <> 'failed') d on true
          where c.state = 'open' and d.held < c.capacity
          order by (c.template is null), d.held::float8 / c.capacity, c.id limit 1
         returning cluster_id, name",
        name(fresh),
        tenant.0,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(named.map(|row| Claimed { cluster: ClusterId(row.cluster_id), name: row.name }))
}

/// A ready-made database is there.
pub(crate) async fn keep_ready(tx: &mut Tx, database: &str, template: &str) -> Result<(), DbError> {
    sqlx::query!(
        "update databases set state = 'ready', template = $2 where name = $1 and state in ('preparing', 'failed')",
        database,
        template
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A tenant's database is there and seeded.
pub(crate) async fn keep_live(tx: &mut Tx, database: &str, template: &str) -> Result<(), DbError> {
    sqlx::query!(
        "update databases set state = 'live', template = $2 where name = $1 and state = 'claimed'",
        database,
        template
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An open cluster that has a template, and its stock.
pub(super) struct Shelf {
    pub(super) cluster: ClusterId,
    pub(super) template: String,
    pub(super) stock: Stock,
}

/// Every open cluster with a template. Two processes that look at the same time take turns until their transactions end.
pub(super) async fn shelves(conn: &mut PgConnection) -> Result<Vec<Shelf>, DbError> {
    sqlx::query!("select pg_advisory_xact_lock($1)", 0x5348_454c_5645_i64).execute(&mut *conn).await?;
    let rows = sqlx::query!(
        r#"select c.id, c.template as "template!", c.capacity,
                  count(d.name) filter (where d.state = 'ready' and d.template = c.template) as "ready!",
                  count(d.name) filter (where d.state = 'preparing') as "preparing!",
                  count(d.name) filter (where d.state <> 'failed') as "held!"
             from clusters c left join databases d on d.cluster_id = c.id
            where c.state = 'open' and c.template is not null
            group by c.id order by c.id"#
    )
    .fetch_all(&mut *conn)
    .await?;
    let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let shelf = rows.into_iter().map(|row| Shelf {
        cluster: ClusterId(row.id),
        template: row.template,
        stock: Stock {
            ready: count(row.ready),
            preparing: count(row.preparing),
            room: count((i64::from(row.capacity) - row.held).max(0)),
        },
    });
    Ok(shelf.collect())
}

/// Writes down a database that is about to be made.
pub(super) async fn note(tx: &mut Tx, name: &str, cluster: &ClusterId, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into databases (name, cluster_id, state, created_at) values ($1, $2, 'preparing', $3)",
        name,
        cluster.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
