//! The controller of backups: what is due is ordered, what was given up is written down, what a restore left behind is dropped in time.
use std::collections::HashMap;
use std::error::Error;

use hotelhub_protocol::Task;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use uuid::Uuid;

use super::store::{self, Candidate, Lodging, Ordered};
use super::{bases, due_before, reports, restores};
use crate::App;
use crate::audit::{self, Actor};
use crate::database::{DbError, Tx};
use crate::fleet::orders::{self, NewOrder};
use crate::fleet::ready::{self, Going};
use crate::tenants;
use crate::wakes::Wake;

/// Daily ones go after the stock, what somebody waits for before it.
const DAILY: i16 = 150;
pub(super) const ASKED: i16 = 40;

/// Who asks for what is due.
const CLOCK: &str = "HotelHub";

/// Looks once after everything; how many backups were ordered. Takes no input; safe twice and from two places.
pub async fn drive(app: &App) -> Result<u32, DbError> {
    let now = app.clock.now();
    let given_up = write_down_given_up(app).await.unwrap_or_else(|error| {
        tracing::error!(
            error = &error as &dyn Error,
            "what was given up of backups and restores cannot be written down"
        );
        false
    });
    let mut tx = app.db.begin().await?;
    let ordered = order_due(app, &mut tx, now).await?;
    let copying = bases::order_due(app, &mut tx, now).await?;
    let removing =
        reports::prune_instants(app, &mut tx, now).await? + reports::prune_outlived(app, &mut tx, now).await?;
    tx.commit().await?;
    // By itself: who waits for a turn to drop holds no hotel.
    let mut tx = app.db.begin().await?;
    let dropping = drop_left_behind(app, &mut tx, now).await?;
    tx.commit().await?;
    if ordered + dropping + copying + removing > 0 {
        app.wakes.wake(Wake::Orders);
    }
    if given_up {
        app.wakes.wake(Wake::Routes);
    }
    Ok(ordered)
}

/// By itself: what cannot be written down about one hotel keeps no other from its backups.
async fn write_down_given_up(app: &App) -> Result<bool, DbError> {
    let mut tx = app.db.begin().await?;
    let any = reports::given_up(app, &mut tx).await?;
    tx.commit().await?;
    Ok(any)
}

async fn order_due(app: &App, tx: &mut Tx, now: Timestamp) -> Result<u32, DbError> {
    let (mut ordered, mut placed) = (0, HashMap::new());
    for candidate in store::candidates(tx, now).await? {
        let Some(due_at) = due(&candidate, now) else { continue };
        let here: &mut i64 = placed.entry(candidate.lodging.cluster.0.clone()).or_default();
        if *here >= candidate.room {
            continue;
        }
        let Some(lodging) = still_lodging(tx, &candidate, now).await? else { continue };
        *here += 1;
        ordered += 1;
        place(app, tx, &lodging, (Some(due_at), CLOCK, DAILY)).await?;
    }
    Ok(ordered)
}

/// Where a candidate's data lies now that it is held: it may have been given another database, moved or deleted since
/// it was looked for.
async fn still_lodging(tx: &mut Tx, candidate: &Candidate, now: Timestamp) -> Result<Option<Lodging>, DbError> {
    let seen = &candidate.lodging;
    if !tenants::hold_served(tx, seen.tenant).await? {
        return Ok(None);
    }
    let found = store::lodging(tx, seen.tenant, now).await?;
    Ok(found.filter(|found| found.kept && !found.moving && found.cluster == seen.cluster))
}

/// When a tenant's last night was, if it was not backed up then. The night before it came counts for nothing.
fn due(candidate: &Candidate, now: Timestamp) -> Option<Timestamp> {
    let zone = TimeZone::get(&candidate.lodging.zone).unwrap_or(TimeZone::UTC);
    let due_at = due_before(candidate.lodging.tenant, &zone, now);
    let since = candidate.last_due.unwrap_or(candidate.created_at);
    (due_at > since).then_some(due_at)
}

/// Orders a backup and writes it down; its id.
pub(super) async fn place(
    app: &App,
    tx: &mut Tx,
    lodging: &Lodging,
    (due_at, asked_by, priority): (Option<Timestamp>, &str, i16),
) -> Result<Uuid, DbError> {
    let (id, order, now) = (app.ids.next(), app.ids.next(), app.clock.now());
    let task = Task::BackUpTenant {
        cluster: lodging.cluster.clone(),
        database: lodging.database.clone(),
        tenant: lodging.tenant,
        backup: id,
    };
    orders::place(tx, &NewOrder { id: order, tenant: None, priority, task }, now).await?;
    store::note_ordered(tx, &Ordered { id, order, lodging, due_at, asked_by }, now).await?;
    Ok(id)
}

async fn drop_left_behind(app: &App, tx: &mut Tx, now: Timestamp) -> Result<u32, DbError> {
    let governor = ready::Governor::listen(&app.db.durable, now).await?;
    let mut dropping = 0;
    for left in restores::left_behind(tx, now).await? {
        if !governor.may_drop(tx, &left.cluster, now).await? {
            continue;
        }
        let (subject, tenant) = (left.tenant.to_string(), left.tenant);
        let source = (left.house != tenant).then_some(left.house);
        let reason = "a restore or a move left it behind";
        let details = json!({ "cluster": left.cluster.0, "database": left.database, "reason": reason });
        let going = Going { cluster: left.cluster, database: left.database, tenant: Some(left.tenant), source };
        // Meanwhile its restore may have been undone: then it is somebody's again.
        if ready::let_go(app, tx, going, &["set_aside"]).await? {
            audit::record(tx, now, &Actor::System, "database.retire", ("tenant", &subject), Some(tenant), details)
                .await?;
            dropping += 1;
        }
    }
    Ok(dropping)
}
