//! Shares as rows, changed by one heartbeat at a time.
use hotelhub_protocol::{BeatNumber, ClusterId, ClusterLoad, Role, Share};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::numbers::{Heard, hear};
use super::places::{free, free_unused, keep_places, tell};
use super::{Claim, Seat, plan};
use crate::database::{Database, DbError, Tx};
use crate::fleet::nodes::role;

/// Any number, the same in every process: heartbeats take turns while they divide.
const TURN: i64 = 0x5348_4152_4553;

/// What a heartbeat says of its node's connections.
pub(crate) struct Asked<'a> {
    /// Which node.
    pub(crate) node: &'a str,
    /// Which of the heartbeats, where the node counts them.
    pub(crate) number: Option<BeatNumber>,
    /// What it does.
    pub(crate) roles: &'a [Role],
    /// What it holds and wants of each server.
    pub(crate) loads: &'a [ClusterLoad],
}

/// By what the shares are divided.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    /// Nodes heard of after this count as alive.
    pub(crate) lately: Timestamp,
    /// How many connections are reserved for each node that serves or works.
    pub(crate) reserve: u32,
    /// What time it is.
    pub(crate) now: Timestamp,
}

/// What a node may use from now on.
pub(crate) struct Granted {
    /// What the heartbeat was to those before it. Only the newest has changed anything.
    pub(crate) heard: Heard,
    /// The node's shares.
    pub(crate) shares: Vec<Share>,
}

/// Waits for the turn to change shares; it lasts until the transaction ends.
pub(crate) async fn in_turn(tx: &mut Tx) -> Result<(), DbError> {
    sqlx::query!("select pg_advisory_xact_lock($1)", TURN).execute(&mut **tx).await?;
    Ok(())
}

/// Keeps what a node says it holds and answers what it may use from now on.
pub(crate) async fn grant(db: &Database, asked: &Asked<'_>, terms: Terms) -> Result<Granted, DbError> {
    let mut tx = db.begin().await?;
    in_turn(&mut tx).await?;
    let heard = hear(&mut tx, asked.node, asked.number).await?;
    if heard != Heard::Newest {
        let shares = granted(&mut tx, asked).await?;
        tx.commit().await?;
        return Ok(Granted { heard, shares });
    }
    let mut changed = keep_holdings(&mut tx, asked.node, asked.roles, asked.loads).await?;
    let mut news = free_unused(&mut tx).await?;
    let clusters = sqlx::query!("select id, budget from clusters order by id").fetch_all(&mut *tx).await?;
    let mut shares = Vec::new();
    for cluster in clusters {
        let budget = u32::try_from(cluster.budget).unwrap_or(0);
        let claims = claims(&mut tx, &cluster.id, asked.node, terms.lately).await?;
        let (claims, is_news) = keep_places(&mut tx, (&cluster.id, budget), terms.reserve, claims).await?;
        news.extend(is_news.then(|| cluster.id.clone()));
        for (seat, granted) in plan(budget, &claims, asked.node) {
            let before = claims.iter().find(|claim| claim.seat == seat).map(|claim| claim.granted);
            if before != Some(granted) {
                keep_grant(&mut tx, &cluster.id, &seat, granted).await?;
                changed = true;
            }
            shares.push(Share { cluster: ClusterId(cluster.id.clone()), role: seat.role, connections: granted });
        }
    }
    if !changed && news.is_empty() {
        commit_lazily(&mut tx).await?;
    }
    tell(&mut tx, news, terms.now).await?;
    tx.commit().await?;
    Ok(Granted { heard, shares })
}

/// Forgets what a node has and what is reserved for it. To be called in turn, and last: it tells nodes.
pub(crate) async fn forget(tx: &mut Tx, node: &str, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!("delete from connection_shares where node = $1", node).execute(&mut **tx).await?;
    let news = free(tx, node).await?;
    tell(tx, news, now).await
}

/// Lets a heartbeat that changed nothing but its number be lost with the server's power: one that was sent before it says the same, for
/// what a node holds grows only by grants, which last.
async fn commit_lazily(tx: &mut Tx) -> Result<(), DbError> {
    sqlx::query!("set local synchronous_commit = off").execute(&mut **tx).await?;
    Ok(())
}

/// What the node was granted last.
async fn granted(tx: &mut Tx, asked: &Asked<'_>) -> Result<Vec<Share>, DbError> {
    let names: Vec<String> = asked.roles.iter().map(|&r| role::text(r).to_owned()).collect();
    let rows = sqlx::query!(
        "select cluster_id, role, granted from connection_shares where node = $1 and role = any($2) order by cluster_id, role",
        asked.node,
        &names
    );
    let share = rows.fetch_all(&mut **tx).await?.into_iter().filter_map(|row| {
        let (cluster, connections) = (ClusterId(row.cluster_id), u32::try_from(row.granted).unwrap_or(0));
        Some(Share { cluster, role: role::read(&row.role)?, connections })
    });
    Ok(share.collect())
}

/// Writes only what changed. Whether anything did.
async fn keep_holdings(tx: &mut Tx, node: &str, roles: &[Role], loads: &[ClusterLoad]) -> Result<bool, DbError> {
    let names: Vec<String> = roles.iter().map(|&r| role::text(r).to_owned()).collect();
    let held = Columns::of(loads.iter().flat_map(|load| &load.holding));
    let wanted = Columns::of(loads.iter().flat_map(|load| &load.wanted));
    let gone = sqlx::query!("delete from connection_shares where node = $1 and role <> all($2)", node, &names)
        .execute(&mut **tx)
        .await?;
    let kept = sqlx::query!(
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
    Ok(gone.rows_affected() + kept.rows_affected() > 0)
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
        Some(Claim { seat, granted, holding, wanted, reserved: 0, due: 0, alive: row.alive })
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
