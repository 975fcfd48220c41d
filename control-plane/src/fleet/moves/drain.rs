//! The emptying of a cluster: its hotels move away, a few at a time, until one cannot.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::ClusterId;
use serde_json::json;
use uuid::Uuid;

use super::model::Refusal;
use super::start;
use crate::App;
use crate::audit::{self, Actor};
use crate::database::{DbError, Tx};
use crate::fleet::clusters::{self, Candidate};
use crate::fleet::ready;

/// Hotels that leave one cluster at the same time.
const AT_ONCE: i64 = 2;

/// Who asks for it.
const CLOCK: &str = "HotelHub";

/// A cluster that is being emptied.
struct Draining {
    cluster: ClusterId,
    leaving: i64,
    /// Why a hotel that was to leave it stayed.
    failed: Option<String>,
}

/// Begins the next moves away from each cluster that is being emptied, or halts it where one has failed; how many were begun.
pub(super) async fn drive(app: &App) -> Result<u32, DbError> {
    let mut tx = app.db.begin().await?;
    if !is_any_drained(&mut tx).await? {
        return Ok(0);
    }
    ready::take_turn(&mut tx).await?;
    let mut begun = 0;
    for draining in draining(&mut tx).await? {
        if let Some(reason) = &draining.failed {
            halt(app, &mut tx, &draining.cluster, reason).await?;
            continue;
        }
        let room = AT_ONCE - draining.leaving;
        for tenant in next(&mut tx, &draining.cluster, room.max(0)).await? {
            match set_out(app, &mut tx, tenant).await? {
                Ok(set_out) => begun += u32::from(set_out),
                Err(reason) => {
                    halt(app, &mut tx, &draining.cluster, &reason).await?;
                    break;
                }
            }
        }
    }
    tx.commit().await?;
    Ok(begun)
}

/// Begins the move of one hotel to where it would be put today, in a database of its own; whether it could be begun just now, or why it cannot
/// be.
async fn set_out(app: &App, tx: &mut Tx, tenant: TenantId) -> Result<Result<bool, String>, DbError> {
    let need = clusters::need_of(tx, tenant).await?;
    let candidates = clusters::candidates(tx).await?;
    let served: Vec<Candidate> =
        candidates.into_iter().filter(|known| known.template.is_some() && known.has_room()).collect();
    let Some(to) = clusters::choose(&served, need).map(|known| known.id.clone()) else {
        return Ok(Err("no other cluster has room for its hotels".to_owned()));
    };
    match start::begin(app, tx, tenant, &to, CLOCK).await? {
        Ok(id) => {
            let (now, subject) = (app.clock.now(), tenant.to_string());
            let details = json!({ "move": id });
            audit::record(tx, now, &Actor::System, "tenant.move", ("tenant", &subject), Some(tenant), details).await?;
            Ok(Ok(true))
        }
        // It goes when its neighbour has left, or what is being done to its data is over; who is gone need not.
        Err(Refusal::Neighbour | Refusal::InWork | Refusal::Moving | Refusal::NotServed | Refusal::UnknownTenant) => {
            Ok(Ok(false))
        }
        Err(refusal) => Ok(Err(format!("{tenant}: {refusal}"))),
    }
}

async fn halt(app: &App, tx: &mut Tx, cluster: &ClusterId, reason: &str) -> Result<(), DbError> {
    tracing::error!(cluster = %cluster, reason, "the emptying of a cluster stands still; staff must look");
    sqlx::query!("update clusters set drain_halted_because = $2 where id = $1", cluster.0, reason)
        .execute(&mut **tx)
        .await?;
    let details = json!({ "because": reason });
    audit::record(tx, app.clock.now(), &Actor::System, "cluster.drain_halted", ("cluster", &cluster.0), None, details)
        .await
}

async fn is_any_drained(tx: &mut Tx) -> Result<bool, DbError> {
    let any = sqlx::query_scalar!(
        r#"select exists (select from clusters where state = 'draining' and drain_halted_because is null) as "any!""#
    );
    Ok(any.fetch_one(&mut **tx).await?)
}

/// Clusters that are being emptied and do not stand still, held until the transaction ends. What only refers to one, as every order does, goes
/// on.
async fn draining(tx: &mut Tx) -> Result<Vec<Draining>, DbError> {
    let rows = sqlx::query!(
        r#"select c.id,
                  (select count(*) from moves m
                    where m.source_cluster = c.id and m.state in ('copying', 'switching')) as "leaving!",
                  (select m.reason from moves m join tenants t on t.id = m.tenant_id and t.status <> 'churned'
                    where m.source_cluster = c.id and m.state in ('undoing', 'given_up') and m.created_at >= c.draining_since
                    order by m.id desc limit 1) as failed
             from clusters c where c.state = 'draining' and c.drain_halted_because is null
            order by c.id for no key update of c skip locked"#
    )
    .fetch_all(&mut **tx)
    .await?;
    let draining =
        rows.into_iter().map(|row| Draining { cluster: ClusterId(row.id), leaving: row.leaving, failed: row.failed });
    Ok(draining.collect())
}

/// Hotels that are served from a cluster and nothing is being done to: the smallest plans first.
async fn next(tx: &mut Tx, cluster: &ClusterId, count: i64) -> Result<Vec<TenantId>, DbError> {
    let rows: Vec<Uuid> = sqlx::query_scalar!(
        "select t.id from databases d
           join tenants t on t.id = d.tenant_id join subscriptions s on s.tenant_id = t.id join plans p on p.id = s.plan_id
          where d.cluster_id = $1 and d.state = 'live' and t.status <> 'churned'
            and not exists (select from moves m where m.state not in ('done', 'given_up')
                               and (m.tenant_id = t.id or starts_with(m.source_database, d.shared_database || '.')))
            and not exists (select from backups b where b.tenant_id = t.id and b.state = 'ordered')
            and not exists (select from restores r where r.tenant_id = t.id and r.state = 'ordered')
            and not exists (select from exports e where e.tenant_id = t.id and e.state = 'ordered')
            and not exists (select from rollout_databases r join work_orders o on o.id = r.order_id
                             where r.database_name = d.name and r.state = 'ordered' and o.state in ('queued', 'leased'))
          order by p.position, t.id limit $2",
        cluster.0,
        count
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(TenantId).collect())
}
