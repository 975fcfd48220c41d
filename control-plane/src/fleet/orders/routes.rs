//! Where the fleet role takes orders and reports, and where staff look.
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, LeaseWish, Migrated, Moved, Order, Outcome, Report, Role, Tended, paths};
use hotelhub_web::{AppError, Body, Kind, Result};
use jiff::Timestamp;
use tokio::time::Instant;

use super::store::{self, Drops, Leased, Met};
use super::{after_failure, model};
use crate::App;
use crate::database::Tx;
use crate::fleet::nodes::Caller;
use crate::fleet::{chores, feed, moves, rollouts};
use crate::tenants;
use crate::wakes::Wake;
use crate::{backups, exports, imports};

/// The longest a worker may be kept waiting.
const LONGEST: Duration = Duration::from_secs(30);

/// The doors of workers.
pub fn router() -> Router<App> {
    Router::new().route(paths::LEASE, post(lease)).route(paths::REPORT, post(report))
}

/// Leases an order, signed, as soon as there is one: what is due by a look, what is placed meanwhile from hand to hand.
async fn lease(State(app): State<App>, caller: Caller, Body(wish): Body<LeaseWish>) -> Result<Response> {
    caller.must_be(Role::Fleet)?;
    let names = |clusters: Vec<ClusterId>| clusters.into_iter().map(|cluster| cluster.0).collect::<Vec<String>>();
    let (clusters, known) = (names(wish.clusters), wish.known.map(names));
    let until = Instant::now() + Duration::from_millis(wish.wait_ms).min(LONGEST);
    let mut ear = app.wakes.listen(Wake::Orders);
    let mut hand = None;
    let look = store::Wish {
        node: &caller.name,
        clusters: &clusters,
        known: known.as_deref(),
        holding: wish.holding.as_deref(),
        migrating: wish.migrating,
        copying: wish.copying,
        basing: wish.basing,
        moving: wish.moving,
    };
    loop {
        if let Some(leased) = store::lease(&app.db.relaxed, &look, app.clock.now()).await? {
            return signed(&app, leased);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || app.stopping() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let held_out = hand.get_or_insert_with(|| app.hands.hold_out(&caller.name, &clusters));
        tokio::select! {
            biased;
            given = held_out => match given {
                Ok(leased) => return signed(&app, leased),
                Err(_) => hand = None,
            },
            () = app.wait(&mut ear, left.min(app.look)) => {}
        }
    }
}

fn signed(app: &App, leased: Leased) -> Result<Response> {
    let order = Order { id: leased.id, fence: leased.fence, leased_until: leased.until, task: leased.task };
    Ok(Json(app.feed_key.sign("order", &order).map_err(AppError::internal)?).into_response())
}

/// Takes a report: what is done is live and routed when this answers, what failed is tried again or shown to staff.
async fn report(State(app): State<App>, caller: Caller, Body(report): Body<Report>) -> Result<StatusCode> {
    caller.must_be(Role::Fleet)?;
    let mut tx = app.db.begin().await?;
    moves::hold(&mut tx, report.order, &report.outcome).await?;
    let heard = match &report.outcome {
        Outcome::Done { template } => done(&app, &mut tx, &caller, &report, template).await?,
        Outcome::Gone => gone(&app, &mut tx, &caller, &report).await?,
        Outcome::Migrated { databases } => migrated(&app, &mut tx, &caller, &report, databases).await?,
        Outcome::BackedUp(_)
        | Outcome::Restored(_)
        | Outcome::Pruned
        | Outcome::BaseTaken(_)
        | Outcome::Exported(_)
        | Outcome::Imported(_) => copied(&app, &mut tx, &caller, &report).await?,
        Outcome::Moved(step) => moved(&app, &mut tx, &caller, &report, step).await?,
        Outcome::Tended(told) => tended(&app, &mut tx, &caller, &report, told).await?,
        Outcome::Refused { reason } => refused(&app, &mut tx, &caller, &report, reason).await?,
        Outcome::Failed { reason } => failed(&app, &mut tx, &caller, &report, reason).await?,
    };
    if !heard {
        let detail = "This order was leased anew since; drop it.";
        return Err(AppError::new(Kind::Conflict, "stale-fence", detail));
    }
    let is_made = match &report.outcome {
        Outcome::Moved(Moved::Switched { .. }) => moves::has_switched(&mut tx, report.order).await?,
        _ => true,
    };
    tx.commit().await.map_err(crate::database::DbError::from)?;
    [Wake::Routes, Wake::Signups, Wake::Orders].into_iter().for_each(|wake| app.wakes.wake(wake));
    Ok(if is_made { StatusCode::NO_CONTENT } else { StatusCode::ACCEPTED })
}

async fn done(app: &App, tx: &mut Tx, caller: &Caller, report: &Report, template: &str) -> Result<bool> {
    let now = app.clock.now();
    match store::close(tx, &caller.name, report, Some(template), now).await? {
        Met::Lease { tenant: Some(tenant) } => {
            feed::publish_tenant(tx, TenantId(tenant), now).await?;
        }
        Met::Lease { tenant: None } | Met::Repeated => {}
        Met::Stale => {
            return match store::drops(tx, report.order).await? {
                Drops::House(_) => {
                    failed(app, tx, caller, report, "the worker does not say that the database is gone").await
                }
                Drops::Unwanted | Drops::Nothing => Ok(false),
            };
        }
    }
    Ok(true)
}

/// What was dropped is known to be gone; a deleted tenant's name is free from now on.
async fn gone(app: &App, tx: &mut Tx, caller: &Caller, report: &Report) -> Result<bool> {
    let now = app.clock.now();
    let drops = store::drops(tx, report.order).await?;
    if let Drops::Nothing = drops {
        return Err(AppError::new(Kind::Invalid, "drops-nothing", "This order drops no database."));
    }
    if let Met::Stale = store::close(tx, &caller.name, report, None, now).await? {
        return Ok(false);
    }
    if let Drops::House(tenant) = drops {
        tenants::release(tx, tenant, now).await?;
    }
    Ok(true)
}

/// The databases that have the newer schema are known to have it, and their routes move. A rollout knows of those that do not; where there is
/// none the order is tried again, and then shown to staff.
async fn migrated(app: &App, tx: &mut Tx, caller: &Caller, report: &Report, databases: &[Migrated]) -> Result<bool> {
    let now = app.clock.now();
    if let Some(reason) = databases.iter().find_map(|one| one.error.as_deref())
        && !rollouts::is_of_one(tx, report.order).await?
    {
        return failed(app, tx, caller, report, reason).await;
    }
    match store::close(tx, &caller.name, report, None, now).await? {
        Met::Lease { .. } => {
            for tenant in rollouts::take_report(tx, report.order, databases, now).await? {
                feed::publish_tenant(tx, tenant, now).await?;
            }
        }
        Met::Repeated => {}
        Met::Stale => return Ok(false),
    }
    Ok(true)
}

/// What is said of a backup or an export is written down where they are.
async fn copied(app: &App, tx: &mut Tx, caller: &Caller, report: &Report) -> Result<bool> {
    match store::close(tx, &caller.name, report, None, app.clock.now()).await? {
        Met::Lease { .. } => match &report.outcome {
            Outcome::BackedUp(taken) => backups::backed_up(app, tx, report.order, taken).await?,
            Outcome::BaseTaken(taken) => backups::base_taken(app, tx, report.order, taken).await?,
            Outcome::Restored(told) => backups::restored(app, tx, report.order, told).await?,
            Outcome::Exported(told) => exports::exported(app, tx, report.order, told).await?,
            Outcome::Imported(told) => imports::imported(app, tx, report.order, told).await?,
            _ => backups::pruned(app, tx, report.order).await?,
        },
        Met::Repeated => {
            if let Outcome::BackedUp(_) | Outcome::BaseTaken(_) = report.outcome {
                backups::came_late(app, tx, report.order).await?;
            }
        }
        Met::Stale => return Ok(false),
    }
    Ok(true)
}

/// A step of a move is done: the next is ordered where moves are.
async fn moved(app: &App, tx: &mut Tx, caller: &Caller, report: &Report, step: &Moved) -> Result<bool> {
    match store::close(tx, &caller.name, report, None, app.clock.now()).await? {
        Met::Lease { .. } => moves::told(app, tx, report.order, step).await?,
        Met::Repeated => {}
        Met::Stale => return Ok(false),
    }
    Ok(true)
}

/// How a chore went is written in its journal.
async fn tended(app: &App, tx: &mut Tx, caller: &Caller, report: &Report, told: &Tended) -> Result<bool> {
    let now = app.clock.now();
    match store::close(tx, &caller.name, report, None, now).await? {
        Met::Lease { .. } => chores::tended(tx, report.order, told, now).await?,
        Met::Repeated => {}
        Met::Stale => return Ok(false),
    }
    Ok(true)
}

/// What would fail again is not tried again.
async fn refused(app: &App, tx: &mut Tx, caller: &Caller, report: &Report, reason: &str) -> Result<bool> {
    if store::attempts(tx, &caller.name, report).await?.is_none() {
        return Ok(false);
    }
    put_back(app, tx, report, reason, None).await?;
    Ok(true)
}

async fn failed(app: &App, tx: &mut Tx, caller: &Caller, report: &Report, reason: &str) -> Result<bool> {
    let Some(attempts) = store::attempts(tx, &caller.name, report).await? else { return Ok(false) };
    let again = after_failure(attempts, app.clock.now(), &app.entropy);
    put_back(app, tx, report, reason, again).await?;
    Ok(true)
}

/// Puts an order back until `again`; without one it has failed, and what hangs on it is told.
async fn put_back(app: &App, tx: &mut Tx, report: &Report, reason: &str, again: Option<Timestamp>) -> Result<()> {
    let reason: String = reason.chars().take(model::LONGEST_REASON).collect();
    if again.is_none() {
        tracing::error!(order.id = %report.order.0, reason, "a work order failed for good; staff must look");
    }
    store::put_back(tx, report.order, &reason, again, app.clock.now()).await?;
    if again.is_none() {
        backups::given_up(app, tx).await?;
        moves::given_up(app, tx).await?;
        exports::given_up(app, tx).await?;
        imports::given_up(app, tx).await?;
        chores::given_up(tx, app.clock.now()).await?;
    }
    Ok(())
}
