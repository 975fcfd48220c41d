//! Shares as rows, changed by one heartbeat at a time.
use hotelhub_protocol::{ClusterLoad, Role, Share};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::{Claim, Seat, plan};
use crate::database::{Database, DbError, Tx};
use crate::fleet::nodes::role;

/// Any number, the same in every process: heartbeats take turns while they divide.
const TURN: i64 = 0x5348_4152_4553;

/// Keeps what a node says it holds and answers what it may use from now on. Nodes heard of after `lately` count as alive.
pub(crate) async fn grant(
    db: &Database,
    node: &str,
    roles: &[Role],
    loads: &[ClusterLoad],
    lately: Timestamp,
) -> Result<Vec<Share>, DbError> {
    let mut tx = db.begin().await?;
    sqlx::query!("select pg_advisory_xact_lock($1)", TURN).execute(&mut *tx).await?;
    keep_holdings(&mut tx, node, roles, loads).await?;
    let clusters = sqlx::query!("select id, budget from clusters order by id").fetch_all(&mut *tx).await?;
    let mut shares = Vec::new();
    for cluster in clusters {
        let budget = u32::try_from(cluster.budget).unwrap_or(0);
        let claims = claims(&mut tx, &cluster.id, node, lately).await?;
        for (seat, granted) in plan(budget, &claims, node) {
            let before = claims.iter().find(|claim| claim.seat == seat).map(|claim| claim.granted);
            if before != Some(granted) {
                keep_grant(&mut tx, &cluster.id, &seat, granted).await?;
            }
            let cluster = hotelhub_protocol::ClusterId(cluster.id.clone());
            shares.push(Share { cluster, role: seat.role, connections: granted });
        }
    }
    tx.commit().await?;
    Ok(shares)
}

/// Writes only what changed, so that a quiet heartbeat commits nothing.
async fn keep_holdings(tx: &mut Tx, node: &str, roles: &[Role], loads: &[ClusterLoad]) -> Result<(), DbError> {
    let names: Vec<String> = roles.iter().map(|&r| role::text(r).to_owned()).collect();
    let held = Columns::of(loads.iter().flat_map(|load| &load.holding));
    let wanted = Columns::of(loads.iter().flat_map(|load| &load.wanted));
    sqlx::query!("delete from connection_shares where node = $1 and role <> all($2)", node, &names)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "insert into connection_shares (cluster_id, node, role, granted, holding, wanted)
         select c.id, $1, r.role, 0, coalesce(max(h.amount), 0), max(w.amount)
           from clusters c cross join unnest($2::text[]) as r(role)
           left join unnest($3::text[], $4::text[], $5::int[]) as h(cluster_id, role, amount)
                  on h.cluster_id = c.id and h.role = r.role
           left join unnest($6::text[], $7::text[], $8::int[]) as w(cluster_id, role, amount)
                  on w.cluster_id = c.id and w.role = r.role
          group by c.id, r.role
         on conflict (cluster_id, node, role) do update set holding = excluded.holding, wanted = excluded.wanted
          where (connection_shares.holding, connection_shares.wanted) is distinct from (excluded.holding, excluded.wanted)",
        node,
        &names,
        &held.clusters,
        &held.roles,
        &held.amounts,
        &wanted.clusters,
        &wanted.roles,
        &wanted.amounts
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Shares, column by column.
#[derive(Default)]
struct Columns {
    clusters: Vec<String>,
    roles: Vec<String>,
    amounts: Vec<i32>,
}

impl Columns {
    fn of<'a>(shares: impl Iterator<Item = &'a Share>) -> Self {
        let mut columns = Self::default();
        for share in shares {
            columns.clusters.push(share.cluster.0.clone());
            columns.roles.push(role::text(share.role).to_owned());
            columns.amounts.push(i32::try_from(share.connections).unwrap_or(i32::MAX));
        }
        columns
    }
}

async fn claims(tx: &mut Tx, cluster: &str, asking: &str, lately: Timestamp) -> Result<Vec<Claim>, DbError> {
    let rows = sqlx::query!(
        r#"select s.node, s.role, s.granted, s.holding, s.wanted,
                  (s.node = $2 or n.last_heartbeat_at > $3) is true as "alive!"
             from connection_shares s join nodes n on n.name = s.node
            where s.cluster_id = $1 and n.retired_at is null
            order by s.node, s.role"#,
        cluster,
        asking,
        lately.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    let amount = |n: i32| u32::try_from(n).unwrap_or(0);
    let claims = rows.into_iter().filter_map(|row| {
        let seat = Seat { node: row.node, role: role::read(&row.role)? };
        let (granted, holding, wanted) = (amount(row.granted), amount(row.holding), row.wanted.map(amount));
        Some(Claim { seat, granted, holding, wanted, alive: row.alive })
    });
    Ok(claims.collect())
}

async fn keep_grant(tx: &mut Tx, cluster: &str, seat: &Seat, granted: u32) -> Result<(), DbError> {
    sqlx::query!(
        "update connection_shares set granted = $4 where cluster_id = $1 and node = $2 and role = $3",
        cluster,
        seat.node,
        role::text(seat.role),
        i32::try_from(granted).unwrap_or(i32::MAX)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
