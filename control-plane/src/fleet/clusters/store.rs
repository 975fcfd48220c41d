//! Clusters as rows.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Cluster, ClusterId, ClusterLoad};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use super::{Candidate, Need, Tier};
use crate::database::{DbError, Tx};
use crate::fleet::{feed, shares};

/// A cluster to take into service.
#[derive(Clone, Debug)]
pub struct NewCluster {
    /// Its name.
    pub id: String,
    /// Its address as nodes reach it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Connections all nodes together may open.
    pub budget: u32,
    /// Databases it may hold.
    pub capacity: u32,
    /// Whom it is for: `any`, `shared` or `alone`. A known one stays what it is where nothing is said.
    pub tier: Option<String>,
}

/// Whether a cluster was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New,
    /// It was known and has the given address, budget and capacity now.
    Changed,
}

/// Whether a cluster takes new hotels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    /// As long as its capacity lasts.
    Open,
    /// None, and no ready-made database.
    Closed,
    /// None, and those it has move away.
    Draining,
}

impl Intake {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Draining => "draining",
        }
    }

    /// What the audit log calls it to be set so.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Open => "cluster.open",
            Self::Closed => "cluster.close",
            Self::Draining => "cluster.drain",
        }
    }
}

/// A cluster as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedCluster)]
pub struct Listed {
    /// Its name.
    pub id: String,
    /// Its address.
    pub host: String,
    /// Its port.
    pub port: i32,
    /// `open` or `closed` to new hotels, or `draining`: its hotels move away.
    pub state: String,
    /// Whom it is for: `any`, `shared` or `alone`.
    pub tier: String,
    /// Hotels that live there. Those that were deleted do not, though their data lie there until their days of grace are over.
    pub hotels: i64,
    /// Moves from there that are not over. The server is needed until they are, though their hotels may live elsewhere already.
    pub leaving: i64,
    /// Why its emptying stands still.
    pub drain_halted_because: Option<String>,
    /// Connections all nodes together may open.
    pub budget: i32,
    /// Connections nodes may open or hold now.
    pub granted: i64,
    /// Databases it may hold.
    pub capacity: i32,
    /// Databases it holds.
    pub databases: i64,
    /// Databases that are ready for the next sign-ups.
    pub ready: i64,
    /// The version of the hotel schema its template has.
    pub template: Option<String>,
}

/// Takes a cluster into service or changes it; nodes hear of it through the feed.
pub async fn add(tx: &mut Tx, new: &NewCluster, now: Timestamp) -> Result<Added, DbError> {
    let inserted = sqlx::query!(
        r#"insert into clusters (id, host, port, budget, capacity, tier, created_at) values ($1, $2, $3, $4, $5, coalesce($7, 'any'), $6)
           on conflict (id) do update set host = excluded.host, port = excluded.port, budget = excluded.budget,
                                          capacity = excluded.capacity, tier = coalesce($7, clusters.tier)
           returning xmax = 0 as "inserted!""#,
        new.id,
        new.host,
        i32::from(new.port),
        i32::try_from(new.budget).unwrap_or(i32::MAX),
        i32::try_from(new.capacity).unwrap_or(i32::MAX),
        now.to_sqlx() as _,
        new.tier
    )
    .fetch_one(&mut **tx)
    .await?
    .inserted;
    feed::publish_cluster(tx, &new.id, now).await?;
    Ok(if inserted { Added::New } else { Added::Changed })
}

/// Opens or closes a cluster to new hotels; whether that changed it, nothing where there is no such cluster.
pub(super) async fn set_intake(tx: &mut Tx, id: &str, intake: Intake, now: Timestamp) -> Result<Option<bool>, DbError> {
    let row = sqlx::query!(
        r#"update clusters c
              set state = $2, drain_halted_because = null, draining_since = case when $2 = 'draining' then $3::timestamptz end
             from (select id, state, drain_halted_because from clusters where id = $1 for update) before
            where c.id = before.id
        returning before.state <> $2 or before.drain_halted_because is not null as "changed!""#,
        id,
        intake.as_str(),
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| row.changed))
}

/// Every cluster as nodes know it.
pub(crate) async fn known(conn: &mut PgConnection) -> Result<Vec<Cluster>, DbError> {
    let rows = sqlx::query!("select id, host, port from clusters order by id").fetch_all(&mut *conn).await?;
    let mut reserved = shares::reserved(conn).await?;
    let cluster = rows.into_iter().map(|row| {
        let (id, port) = (ClusterId(row.id), u16::try_from(row.port).unwrap_or(0));
        let reserved = reserved.remove(&id).unwrap_or_default();
        Cluster { id, host: row.host, port, reserved }
    });
    Ok(cluster.collect())
}

/// Keeps which template the fleet role has frozen on each server; whether one is new.
pub(crate) async fn keep_templates(pool: &PgPool, loads: &[ClusterLoad], now: Timestamp) -> Result<bool, DbError> {
    let (ids, templates): (Vec<String>, Vec<String>) =
        loads.iter().filter_map(|load| Some((load.cluster.0.clone(), load.template.clone()?))).unzip();
    let changed = sqlx::query!(
        "update clusters c set template = told.template, template_since = $3
           from unnest($1::text[], $2::text[]) as told(id, template)
          where told.id = c.id and c.template is distinct from told.template",
        &ids,
        &templates,
        now.to_sqlx() as _
    )
    .execute(pool)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Every cluster with what it holds.
pub async fn list(pool: &PgPool) -> Result<Vec<Listed>, DbError> {
    let rows = sqlx::query_as!(
        Listed,
        r#"select c.id, c.host, c.port, c.state, c.tier, c.budget, c.capacity, c.template, c.drain_halted_because,
                  (select count(*) from databases d join tenants t on t.id = d.tenant_id and t.status <> 'churned'
                    where d.cluster_id = c.id) as "hotels!",
                  (select count(*) from moves m where m.source_cluster = c.id and m.finished_at is null) as "leaving!",
                  (select coalesce(sum(greatest(s.granted, s.holding, r.connections)), 0)
                     from connection_shares s full join reserved_connections r using (cluster_id, node, role)
                    where cluster_id = c.id) as "granted!",
                  (select count(*) from databases d where d.cluster_id = c.id and d.state not in ('failed', 'dropped')) as "databases!",
                  (select count(*) from databases d where d.cluster_id = c.id and d.state = 'ready') as "ready!"
             from clusters c order by c.id"#
    )
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

/// Every cluster, as far as the choice of one goes.
pub(crate) async fn candidates(tx: &mut Tx) -> Result<Vec<Candidate>, DbError> {
    let rows = sqlx::query!(
        r#"select c.id, c.tier, c.state, c.template, c.capacity, c.budget,
                  count(d.name) filter (where d.state = 'ready' and d.template = c.template) as "ready!",
                  count(d.name) filter (where d.tenant_id is not null or d.state in ('moving', 'restoring')) as "hotels!",
                  count(d.name) as "databases!", coalesce(sum(p.connections), 0) as "promised!"
             from clusters c
             left join databases d on d.cluster_id = c.id and d.state not in ('failed', 'dropped')
             left join subscriptions s on s.tenant_id = d.tenant_id
             left join plans p on p.id = s.plan_id
            group by c.id order by c.id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    let candidates = rows.into_iter().map(|row| Candidate {
        id: ClusterId(row.id),
        tier: Tier::read(&row.tier),
        open: row.state == "open",
        template: row.template,
        ready: row.ready,
        hotels: row.hotels,
        databases: row.databases,
        capacity: i64::from(row.capacity),
        promised: row.promised,
        budget: i64::from(row.budget),
    });
    Ok(candidates.collect())
}

/// What a tenant's plan asks for. Those who are to be alone take turns until their transactions end.
pub(crate) async fn need_of(tx: &mut Tx, tenant: TenantId) -> Result<Need, DbError> {
    let tier = sqlx::query_scalar!(
        "select p.tier from subscriptions s join plans p on p.id = s.plan_id where s.tenant_id = $1",
        tenant.0
    );
    let tier = tier.fetch_optional(&mut **tx).await?;
    in_turn(tx, tier.as_deref()).await
}

/// What a plan asks for. Those who are to be alone take turns here too.
pub(crate) async fn need_of_plan(tx: &mut Tx, plan: &str) -> Result<Need, DbError> {
    let tier = sqlx::query_scalar!("select tier from plans where id = $1", plan).fetch_optional(&mut **tx).await?;
    in_turn(tx, tier.as_deref()).await
}

async fn in_turn(tx: &mut Tx, tier: Option<&str>) -> Result<Need, DbError> {
    if tier != Some("alone") {
        return Ok(Need::Shared);
    }
    sqlx::query!("select pg_advisory_xact_lock($1)", 0x414c_4f4e_45_i64).execute(&mut **tx).await?;
    Ok(Need::Alone)
}
