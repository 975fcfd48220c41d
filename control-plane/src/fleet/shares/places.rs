//! The reserve as rows, and as nodes are told of it.
use std::collections::BTreeMap;

use hotelhub_protocol::{ClusterId, NodeMark, Reserved, Role};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::{Claim, Place, Seat, dues, reserve, with_places};
use crate::database::{DbError, Tx};
use crate::fleet::feed;
use crate::fleet::nodes::role;

/// A node that may have a part of the reserve of one cluster.
struct Known {
    place: Place,
    token_hash: Vec<u8>,
    /// For which work what it has was told, and to which enrolment.
    told: Option<(String, Vec<u8>)>,
}

impl Known {
    /// Whether nodes know that so many are reserved for it.
    fn is_told(&self, reserved: u32) -> bool {
        let told = self.told.as_ref().is_some_and(|(work, token_hash)| {
            work == role::text(self.place.seat.role) && *token_hash == self.token_hash
        });
        told && self.place.reserved == reserved
    }
}

/// Reserves `each` for every node that serves or works, as far as it is free, and notes it at the claims. Whether nodes are to be told.
pub(super) async fn keep_places(
    tx: &mut Tx,
    (cluster, budget): (&str, u32),
    each: u32,
    claims: Vec<Claim>,
) -> Result<(Vec<Claim>, bool), DbError> {
    let known = known(tx, cluster).await?;
    let places: Vec<Place> = known.iter().map(|known| known.place.clone()).collect();
    let mut claims = with_places(claims, &places, &dues(budget, each, &places));
    reserve(budget, &mut claims);
    let mut news = false;
    for known in &known {
        let reserved = claims.iter().find(|claim| claim.seat == known.place.seat).map_or(0, |claim| claim.reserved);
        if reserved > 0 && !known.is_told(reserved) {
            keep(tx, cluster, known, reserved).await?;
            news = true;
        }
    }
    Ok((claims, news))
}

/// Those that serve or work, in the order in which they were enrolled first.
async fn known(tx: &mut Tx, cluster: &str) -> Result<Vec<Known>, DbError> {
    let rows = sqlx::query!(
        r#"select n.name, 'serve' = any(n.roles) as "serves!", n.token_hash, coalesce(r.connections, 0) as "reserved!",
                  r.role as "told_role?", r.token_hash as "told_token_hash?"
             from nodes n left join reserved_connections r on r.cluster_id = $1 and r.node = n.name
            where n.retired_at is null and n.roles && '{serve,work}'
            order by n.created_at, n.name"#,
        cluster
    );
    let known = rows.fetch_all(&mut **tx).await?.into_iter().map(|row| {
        let role = if row.serves { Role::Serve } else { Role::Work };
        let place = Place { seat: Seat { node: row.name, role }, reserved: u32::try_from(row.reserved).unwrap_or(0) };
        Known { place, token_hash: row.token_hash, told: row.told_role.zip(row.told_token_hash) }
    });
    Ok(known.collect())
}

async fn keep(tx: &mut Tx, cluster: &str, known: &Known, reserved: u32) -> Result<(), DbError> {
    sqlx::query!(
        "insert into reserved_connections (cluster_id, node, role, connections, token_hash) values ($1, $2, $3, $4, $5)
         on conflict (cluster_id, node) do update
            set role = excluded.role, connections = excluded.connections, token_hash = excluded.token_hash",
        cluster,
        known.place.seat.node,
        role::text(known.place.seat.role),
        i32::try_from(reserved).unwrap_or(i32::MAX),
        known.token_hash
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Frees what is reserved for nodes that were enrolled anew for other work; of which clusters.
pub(super) async fn free_unused(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    let freed = sqlx::query_scalar!(
        "delete from reserved_connections r using nodes n
          where n.name = r.node and not n.roles && '{serve,work}' returning r.cluster_id"
    );
    Ok(freed.fetch_all(&mut **tx).await?)
}

/// Frees what a node has of the reserve; of which clusters.
pub(super) async fn free(tx: &mut Tx, node: &str) -> Result<Vec<String>, DbError> {
    let freed = sqlx::query_scalar!("delete from reserved_connections where node = $1 returning cluster_id", node);
    Ok(freed.fetch_all(&mut **tx).await?)
}

/// What is reserved of each cluster, as nodes are told.
pub(crate) async fn reserved(conn: &mut PgConnection) -> Result<BTreeMap<ClusterId, Vec<Reserved>>, DbError> {
    let rows = sqlx::query!(
        "select r.cluster_id, r.role, r.connections, r.token_hash
           from reserved_connections r join nodes n on n.name = r.node and n.retired_at is null
          order by r.cluster_id, r.node"
    );
    let mut reserved: BTreeMap<ClusterId, Vec<Reserved>> = BTreeMap::new();
    for row in rows.fetch_all(conn).await? {
        let Some(role) = role::read(&row.role) else { continue };
        let (node, connections) = (NodeMark::of_digest(&row.token_hash), u32::try_from(row.connections).unwrap_or(0));
        reserved.entry(ClusterId(row.cluster_id)).or_default().push(Reserved { node, role, connections });
    }
    Ok(reserved)
}

/// Tells nodes of these clusters' reserve. Call it last, as it holds the head of the feed.
pub(super) async fn tell(tx: &mut Tx, mut news: Vec<String>, now: Timestamp) -> Result<(), DbError> {
    news.sort();
    news.dedup();
    for cluster in news {
        feed::publish_cluster(tx, &cluster, now).await?;
    }
    Ok(())
}
