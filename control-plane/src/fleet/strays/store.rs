//! Strays as rows.
use std::collections::HashMap;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::ClusterId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use super::{Kind, Recorded, SEEN_FOR, Stray};
use crate::database::{DbError, Tx};

/// A stray as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedStray)]
pub struct Listed {
    /// The server.
    pub cluster: String,
    /// The name of the database or role.
    pub name: String,
    /// `unknown_database`, `left_database`, `unknown_role`, `missing_database` or `missing_role`.
    pub kind: String,
    /// What happened and what to do.
    pub explanation: &'static str,
    /// Whether it may be dropped.
    pub may_drop: bool,
    /// When it was seen first.
    pub first_seen_at: Timestamp,
    /// When it was seen last.
    pub last_seen_at: Timestamp,
}

/// The databases of a cluster, with those that tenants share; nothing where the cluster is not known.
pub(super) async fn recorded(
    conn: &mut PgConnection,
    cluster: &ClusterId,
) -> Result<Option<HashMap<String, Recorded>>, DbError> {
    let known = sqlx::query!("select id from clusters where id = $1", cluster.0).fetch_optional(&mut *conn).await?;
    if known.is_none() {
        return Ok(None);
    }
    // One that was to be dropped and turned out to be a house is shown again.
    let rows = sqlx::query!(
        r#"select d.name as "name!", case when o.id is null then d.state else 'dropped' end as "state!"
             from databases d
             left join work_orders o on d.state = 'retired' and o.database_name = d.name and o.kind = 'drop_database'
                   and o.state = 'failed' and not o.task ? 'tenant'
            where d.cluster_id = $1
           union all
           select s.name, 'open' from shared_databases s where s.cluster_id = $1"#,
        cluster.0
    );
    let rows = rows.fetch_all(&mut *conn).await?;
    let state = |state: &str| match state {
        "ready" | "live" => Recorded::There,
        "dropped" => Recorded::Gone,
        _ => Recorded::UnderWay,
    };
    Ok(Some(rows.into_iter().map(|row| (row.name, state(&row.state))).collect()))
}

/// Writes down what an inventory found, and lets go of what it did not find any more.
pub(super) async fn note(tx: &mut Tx, cluster: &ClusterId, found: &[Stray], now: Timestamp) -> Result<(), DbError> {
    let kinds: Vec<String> = found.iter().map(|stray| stray.kind.as_str().to_owned()).collect();
    let names: Vec<String> = found.iter().map(|stray| stray.name.clone()).collect();
    sqlx::query!(
        "delete from strays s where s.cluster_id = $1
            and not exists (select from unnest($2::text[], $3::text[]) f (kind, name)
                             where f.kind = s.kind and f.name = s.name)",
        cluster.0,
        &kinds,
        &names
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into strays (cluster_id, kind, name, first_seen_at, last_seen_at)
         select $1, f.kind, f.name, $4, $4 from unnest($2::text[], $3::text[]) f (kind, name)
         on conflict (cluster_id, name, kind) do update set last_seen_at = excluded.last_seen_at",
        cluster.0,
        &kinds,
        &names,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Every kind, and for how many seconds one of it must have been seen.
fn believed_after() -> (Vec<String>, Vec<i64>) {
    Kind::ALL.into_iter().map(|kind| (kind.as_str().to_owned(), kind.believed_after().as_secs())).unzip()
}

/// What was seen for long enough, the worst first.
pub(crate) async fn list(pool: &PgPool) -> Result<Vec<Listed>, DbError> {
    let (kinds, seconds) = believed_after();
    let rows = sqlx::query!(
        "select s.cluster_id, s.name, s.kind, s.first_seen_at, s.last_seen_at
           from strays s join unnest($1::text[], $2::bigint[]) believed (kind, seconds) on believed.kind = s.kind
          where s.last_seen_at >= s.first_seen_at + believed.seconds * interval '1 second'
          order by s.cluster_id, s.name, s.kind",
        &kinds,
        &seconds
    )
    .fetch_all(pool)
    .await?;
    let mut strays: Vec<(Kind, Listed)> = rows
        .into_iter()
        .filter_map(|row| {
            let kind = Kind::read(&row.kind)?;
            let listed = Listed {
                cluster: row.cluster_id,
                name: row.name,
                kind: row.kind,
                explanation: kind.explanation(),
                may_drop: kind.is_too_much(),
                first_seen_at: row.first_seen_at.to_jiff(),
                last_seen_at: row.last_seen_at.to_jiff(),
            };
            Some((kind, listed))
        })
        .collect();
    strays.sort_by_key(|(kind, _)| Kind::ALL.iter().position(|known| known == kind));
    Ok(strays.into_iter().map(|(_, listed)| listed).collect())
}

/// How many of each kind were seen for long enough.
pub(crate) async fn count(pool: &PgPool) -> Result<Vec<(Kind, i64)>, DbError> {
    let (kinds, seconds) = believed_after();
    let rows = sqlx::query!(
        r#"select s.kind, count(*) as "count!"
             from strays s join unnest($1::text[], $2::bigint[]) believed (kind, seconds) on believed.kind = s.kind
            where s.last_seen_at >= s.first_seen_at + believed.seconds * interval '1 second'
            group by s.kind"#,
        &kinds,
        &seconds
    )
    .fetch_all(pool)
    .await?;
    let counted = |kind: Kind| rows.iter().find(|row| row.kind == kind.as_str()).map_or(0, |row| row.count);
    Ok(Kind::ALL.into_iter().map(|kind| (kind, counted(kind))).collect())
}

/// Takes a stray that is too much off the list, to be dropped; its cluster. Nothing where there is none of this name that was seen for long
/// enough.
pub(super) async fn take(tx: &mut Tx, name: &str) -> Result<Option<ClusterId>, DbError> {
    let taken = sqlx::query_scalar!(
        "delete from strays where name = $1 and last_seen_at >= first_seen_at + $2::bigint * interval '1 second'
            and kind in ('unknown_database', 'left_database', 'unknown_role')
         returning cluster_id",
        name,
        SEEN_FOR.as_secs()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(taken.map(ClusterId))
}

/// Writes down that a database is to go, whatever was known of it before; false where it is somebody's.
pub(super) async fn condemn(tx: &mut Tx, name: &str, cluster: &ClusterId, now: Timestamp) -> Result<bool, DbError> {
    let condemned = sqlx::query!(
        "insert into databases (name, cluster_id, state, created_at) values ($1, $2, 'retired', $3)
         on conflict (name) do update set state = 'retired'
          where databases.state in ('dropped', 'retired') and databases.cluster_id = excluded.cluster_id",
        name,
        cluster.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(condemned.rows_affected() > 0)
}

/// Whose data may lie in a stray: it was the target of a move that was given up while its server was away.
pub(super) async fn moved_for(tx: &mut Tx, name: &str) -> Result<Option<TenantId>, DbError> {
    let tenant = sqlx::query_scalar!(
        "select tenant_id from moves where target_database = $1 and state = 'given_up' order by id desc limit 1",
        name
    );
    Ok(tenant.fetch_optional(&mut **tx).await?.map(TenantId))
}
