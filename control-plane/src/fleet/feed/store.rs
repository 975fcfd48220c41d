//! The routing table and its changes as rows.
use hotelhub_kernel::{Host, Slug, TenantId};
use hotelhub_protocol::{
    Change, ClusterId, Delta, Limits, Maintenance, Notices, Placement, Route, Snapshot, TenantStatus,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use crate::database::{DbError, Tx};
use crate::fleet::clusters;
use crate::wakes::Wake;

/// Changes kept for nodes that were away for a while; who is further behind takes the snapshot.
const KEPT: i64 = 20_000;

/// Deltas in one answer.
const BATCH: i64 = 1_000;

/// A row of the view `routes`.
struct Row {
    tenant_id: Uuid,
    slug: String,
    name: String,
    status: String,
    hosts: Vec<String>,
    cluster_id: String,
    database_name: String,
    generation: i32,
    connections: i16,
    rooms: i32,
    users: Option<i32>,
    features: Vec<String>,
    status_reason: Option<String>,
    maintenance_text: Option<String>,
    maintenance_until: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    /// The route. A row that cannot be read, because a constraint of the database failed us, is told: it is no hotel that left.
    fn route(self) -> Result<Route, DbError> {
        let unreadable = format!("the route of the tenant {} makes no sense", self.tenant_id);
        self.read().ok_or_else(|| sqlx::Error::Decode(unreadable.into()).into())
    }

    fn read(self) -> Option<Route> {
        let cluster = ClusterId(self.cluster_id);
        let generation = u32::try_from(self.generation).ok()?;
        let placement = Placement::at(cluster, &self.database_name, generation)?;
        let until = self.maintenance_until.map(|at| at.to_jiff());
        let limits = Limits {
            connections: u16::try_from(self.connections).ok()?,
            rooms: u32::try_from(self.rooms).ok()?,
            users: self.users.and_then(|users| u32::try_from(users).ok()),
        };
        Some(Route {
            tenant: TenantId(self.tenant_id),
            slug: Slug::parse(&self.slug).ok()?,
            name: self.name,
            hosts: self.hosts.iter().map(|host| Host::parse(host).ok()).collect::<Option<_>>()?,
            status: status(&self.status)?,
            placement,
            limits,
            features: self.features,
            notices: Notices {
                suspension: self.status_reason,
                maintenance: self.maintenance_text.map(|text| Maintenance { text, until }),
            },
        })
    }
}

fn status(text: &str) -> Option<TenantStatus> {
    match text {
        "trial" => Some(TenantStatus::Trial),
        "active" => Some(TenantStatus::Active),
        "suspended" => Some(TenantStatus::Suspended),
        "churned" => Some(TenantStatus::Churned),
        _ => None,
    }
}

/// Appends a server as it is now and answers the version that makes. Call it last: it holds the head of the feed until the transaction
/// ends. It is read with the head held: of two who change the same server the later tells of both changes.
pub(crate) async fn publish_cluster(tx: &mut Tx, id: &str, now: Timestamp) -> Result<u64, DbError> {
    let version = lock_head(tx).await?;
    let known = clusters::known(tx).await?;
    let cluster = known.into_iter().find(|cluster| cluster.id.0 == id).ok_or(sqlx::Error::RowNotFound)?;
    append(tx, version, &Change::Cluster(cluster), now).await
}

/// Appends a tenant's route as it is now, or that it is gone. Call it last, like [`publish_cluster`].
pub(crate) async fn publish_tenant(tx: &mut Tx, tenant: TenantId, now: Timestamp) -> Result<u64, DbError> {
    let version = lock_head(tx).await?;
    let row = sqlx::query_as!(
        Row,
        r#"select tenant_id as "tenant_id!", slug as "slug!", name as "name!", status as "status!", hosts as "hosts!",
                  cluster_id as "cluster_id!", database_name as "database_name!", generation as "generation!",
                  connections as "connections!", rooms as "rooms!", users, features as "features!", status_reason,
                  maintenance_text, maintenance_until
             from routes where tenant_id = $1"#,
        tenant.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let change = match row {
        Some(row) => Change::Route(Box::new(row.route()?)),
        None => Change::Gone { tenant },
    };
    append(tx, version, &change, now).await
}

/// The next version; everybody else who changes a route waits until this transaction ends.
async fn lock_head(tx: &mut Tx) -> Result<i64, DbError> {
    let head = sqlx::query!("update routes_head set version = version + 1 returning version").fetch_one(&mut **tx);
    Ok(head.await?.version)
}

async fn append(tx: &mut Tx, version: i64, change: &Change, now: Timestamp) -> Result<u64, DbError> {
    sqlx::query!(
        r#"with grown as (insert into routes_feed (version, change, at) values ($1, $2, $3)),
                pruned as (delete from routes_feed where version <= $1 - $4::bigint)
           select pg_notify($5, $1::text)"#,
        version,
        Json(change) as _,
        now.to_sqlx() as _,
        KEPT,
        Wake::Routes.channel()
    )
    .fetch_one(&mut **tx)
    .await?;
    if matches!(change, Change::Gone { .. }) {
        sqlx::query!("update routes_head set departed = departed + 1").execute(&mut **tx).await?;
    }
    Ok(u64::try_from(version).unwrap_or(0))
}

/// The version of the table now.
pub(super) async fn head(pool: &PgPool) -> Result<u64, DbError> {
    let head = sqlx::query!("select version from routes_head").fetch_one(pool).await?;
    Ok(u64::try_from(head.version).unwrap_or(0))
}

/// What follows a version.
#[derive(Debug)]
pub(super) enum Since {
    /// These changes, in order; none when the version is the newest.
    Deltas(Vec<Delta>),
    /// The version is older than what is kept, or newer than what is.
    Unknown,
}

/// The changes after `since`, seen at one instant.
pub(super) async fn since(pool: &PgPool, since: u64) -> Result<Since, DbError> {
    let Ok(since) = i64::try_from(since) else { return Ok(Since::Unknown) };
    let rows = sqlx::query!(
        r#"select h.version as head, f.version as "version?", f.change as "change?: Json<Change>"
             from routes_head h
             left join (select version, change from routes_feed where version > $1 order by version limit $2) f on true
            order by f.version"#,
        since,
        BATCH
    )
    .fetch_all(pool)
    .await?;
    let head = rows.first().map_or(0, |row| row.head);
    let deltas: Vec<Delta> = rows
        .into_iter()
        .filter_map(|row| {
            let Json(change) = row.change?;
            Some(Delta { version: u64::try_from(row.version?).ok()?, change })
        })
        .collect();
    let fits = deltas.first().is_none_or(|first| i64::try_from(first.version) == Ok(since + 1));
    let known = if deltas.is_empty() { since == head } else { fits };
    Ok(if known { Since::Deltas(deltas) } else { Since::Unknown })
}

/// The whole table at one instant.
pub(super) async fn snapshot(pool: &PgPool, now: Timestamp) -> Result<Snapshot, DbError> {
    let mut tx = pool.begin_with("begin isolation level repeatable read, read only").await?;
    let head = sqlx::query!("select version, departed from routes_head").fetch_one(&mut *tx).await?;
    let clusters = clusters::known(&mut tx).await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select tenant_id as "tenant_id!", slug as "slug!", name as "name!", status as "status!", hosts as "hosts!",
                  cluster_id as "cluster_id!", database_name as "database_name!", generation as "generation!",
                  connections as "connections!", rooms as "rooms!", users, features as "features!", status_reason,
                  maintenance_text, maintenance_until
             from routes"#
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let routes = rows.into_iter().map(Row::route).collect::<Result<_, _>>()?;
    let [version, departed] = [head.version, head.departed].map(|number| u64::try_from(number).unwrap_or(0));
    Ok(Snapshot { version, taken_at: now, departed, clusters, routes })
}
