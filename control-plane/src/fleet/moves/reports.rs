//! What the fleet role says of the steps of a move, taken down in the transaction of its report.
use hotelhub_protocol::{Moved, OrderId, Outcome, Task};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::model::State;
use super::store::{self, Open, Stuck, Which};
use crate::App;
use crate::audit::{self, Actor};
use crate::database::{DbError, Tx};
use crate::fleet::orders::{self, NewOrder};
use crate::fleet::{feed, ready};
use crate::tenants;
use crate::{backups, exports};

/// Copies go after who signs up; what holds writers or ends a move goes first.
const COPY: i16 = 60;
const SOON: i16 = 5;

/// What must come about is tried again so long after it was given up.
const AGAIN: SignedDuration = SignedDuration::from_secs(60);

/// A target that is away for so long does not keep its move open.
const LOST: SignedDuration = SignedDuration::from_hours(24);

/// A switch that was leased until so long ago, and that nobody took on since, is given up: its hotel may be kept from writing.
const FORSAKEN: SignedDuration = SignedDuration::from_mins(5);

/// Places the order of a move's step; its id.
pub(super) async fn place(app: &App, tx: &mut Tx, open: &Open, state: State) -> Result<Option<Uuid>, DbError> {
    let Some(step) = state.step() else { return Ok(None) };
    let (id, now) = (app.ids.next(), app.clock.now());
    let task = Task::MoveTenant { step, moving: open.moving.clone() };
    let priority = if state == State::Copying { COPY } else { SOON };
    orders::place(tx, &NewOrder { id, tenant: None, priority, task }, now).await?;
    Ok(Some(id))
}

/// Takes what a report of an order may change of its move, before the order itself is touched.
pub(crate) async fn hold(tx: &mut Tx, order: OrderId, outcome: &Outcome) -> Result<(), DbError> {
    if let Outcome::Moved(Moved::Switched { .. } | Moved::Reopened) = outcome {
        ready::take_turn(tx).await?;
    }
    match outcome {
        Outcome::Moved(_) | Outcome::Refused { .. } | Outcome::Failed { .. } => store::hold(tx, order).await,
        _ => Ok(()),
    }
}

/// A step is done: the next is ordered. The switch is made here, and nowhere else.
pub(crate) async fn told(app: &App, tx: &mut Tx, order: OrderId, moved: &Moved) -> Result<(), DbError> {
    let now = app.clock.now();
    let Some(open) = store::open(tx, Which::Ordered(order)).await? else { return Ok(()) };
    match (open.state, moved) {
        (State::Copying, Moved::Copied { bytes }) => go_on(app, tx, &open, State::Switching, Some(*bytes)).await,
        (State::Switching, Moved::Switched { rows, held_ms, .. }) => switched(app, tx, &open, (*rows, *held_ms)).await,
        (State::Clearing, Moved::Cleared) => store::note_over(tx, &open, State::Done, now).await,
        (State::Clearing, Moved::Reopened) if open.settled => {
            tracing::error!(tenant = %open.moving.tenant, move.id = %open.id, "the server of a hotel's old database says that it was not moved: the server was set back, and nothing changes");
            store::note_over(tx, &open, State::Done, now).await
        }
        (State::Clearing, Moved::Reopened) => taken_back(app, tx, &open).await,
        (State::Undoing, Moved::Undone) => {
            store::note_over(tx, &open, State::GivenUp, now).await?;
            note(tx, now, "tenant.move_undone", &open).await
        }
        (State::Undoing, Moved::Left) => left(app, tx, &open, order).await,
        _ => Ok(()),
    }
}

async fn go_on(app: &App, tx: &mut Tx, open: &Open, state: State, bytes: Option<u64>) -> Result<(), DbError> {
    let Some(order) = place(app, tx, open, state).await? else { return Ok(()) };
    store::note_step(tx, open.id, (state, order), bytes, app.clock.now()).await
}

/// The tenant is served from its new place from now on, if what was copied is what it was served from. The copy has its source's schema, whatever
/// version its worker is of.
async fn switched(app: &App, tx: &mut Tx, open: &Open, compared: (u64, u32)) -> Result<(), DbError> {
    let (now, tenant) = (app.clock.now(), open.moving.tenant);
    if !tenants::hold_served(tx, tenant).await? {
        return give_up(app, tx, open, "the hotel was deleted meanwhile").await;
    }
    let home = store::lodging(tx, tenant).await?.filter(|home| home.database == open.moving.source.quarters());
    let Some(home) = home else {
        return give_up(app, tx, open, "the hotel is served from elsewhere than what was copied").await;
    };
    if home.in_work {
        // It was ordered in the very moment in which the move was: what is made of the source would be older than the hotel.
        return give_up(app, tx, open, "something else was being done to the hotel's data").await;
    }
    ready::replace(tx, &open.moving.target.database, tenant, home.template.as_deref(), now).await?;
    exports::follow(tx, tenant, &open.moving.target.database, now).await?;
    store::note_switched(tx, open.id, compared, tenants::grace_from(app, now), now).await?;
    go_on(app, tx, open, State::Clearing, None).await?;
    note(tx, now, "tenant.moved", open).await?;
    feed::publish_tenant(tx, tenant, now).await?;
    Ok(())
}

/// A worker that was not heard let the writers in again where the tenant was: it is served from there, and the move is undone. Nothing was
/// written at the target. A hotel that was restored meanwhile stays with what was restored, and where it was is left behind; so it is of one
/// that was deleted, for no longer than what it had.
async fn taken_back(app: &App, tx: &mut Tx, open: &Open) -> Result<(), DbError> {
    let (now, tenant) = (app.clock.now(), open.moving.tenant);
    tracing::error!(tenant = %tenant, move.id = %open.id, "a move is taken back: its switch was heard too late");
    // Held: nobody gives it another database meanwhile.
    tenants::is_known(tx, tenant).await?;
    let source_kept_until = match store::home(tx, tenant).await? {
        Some(home) if home == open.moving.target.quarters() => {
            let source = open.moving.source.quarters();
            ready::replace(tx, &source, tenant, None, now).await?;
            exports::follow(tx, tenant, &source, now).await?;
            backups::end_under_way(tx, tenant, now).await?;
            None
        }
        Some(_) => Some(tenants::grace_from(app, now)),
        None => Some(now),
    };
    store::note_taken_back(tx, open, source_kept_until).await?;
    let Some(order) = place(app, tx, open, State::Undoing).await? else { return Ok(()) };
    store::note_given_up(
        tx,
        open.id,
        "its switch was heard too late: the writers were let in again where the hotel was",
        order,
    )
    .await?;
    note(tx, now, "tenant.move_taken_back", open).await?;
    feed::publish_tenant(tx, tenant, now).await?;
    Ok(())
}

/// The hotel is where it was and the target cannot be reached: that is tried again, but not for ever. What lies there when its server is back
/// after all is shown to staff as a stray.
async fn left(app: &App, tx: &mut Tx, open: &Open, order: OrderId) -> Result<(), DbError> {
    let now = app.clock.now();
    let since = store::note_left(tx, open.id, now).await?;
    if now.duration_since(since) < LOST {
        return orders::again_at(tx, order.0, now + AGAIN).await;
    }
    tracing::error!(tenant = %open.moving.tenant, move.id = %open.id, "a move is over whose target is away for good");
    store::note_over(tx, open, State::GivenUp, now).await?;
    note(tx, now, "tenant.move_undone", open).await
}

/// Gives a move up that has not switched: the order of its step counts no more, and what was made goes.
pub(super) async fn give_up(app: &App, tx: &mut Tx, open: &Open, reason: &str) -> Result<(), DbError> {
    if let Some(order) = open.order {
        orders::withdraw(tx, order, app.clock.now()).await?;
    }
    let Some(order) = place(app, tx, open, State::Undoing).await? else { return Ok(()) };
    store::note_given_up(tx, open.id, reason, order).await
}

/// Takes down what no worker will say any more: the order of a step was given up. Before the switch the move is undone; what must come about
/// after it, or instead of it, is tried again a little later. Whether there was any.
pub(crate) async fn given_up(app: &App, tx: &mut Tx) -> Result<bool, DbError> {
    let now = app.clock.now();
    let failed = store::stuck(tx, Stuck::Failed).await?;
    for open in &failed {
        let Some(order) = open.order else { continue };
        let reason = orders::last_error(tx, order).await?.unwrap_or_else(|| "its order was given up".to_owned());
        if open.state.may_be_given_up() {
            tracing::error!(tenant = %open.moving.tenant, move.id = %open.id, reason, "a move failed and is undone; the hotel stays where it was");
            give_up(app, tx, open, &reason).await?;
            note(tx, now, "tenant.move_failed", open).await?;
        } else {
            tracing::error!(tenant = %open.moving.tenant, move.id = %open.id, reason, "what a move left behind is there still; trying again");
            orders::again_at(tx, order, now + AGAIN).await?;
        }
    }
    let deleted = store::stuck(tx, Stuck::Deleted).await?;
    for open in &deleted {
        give_up(app, tx, open, "the hotel was deleted meanwhile").await?;
    }
    // Who was away hears of nobody at first: workers have as long to come back.
    let is_back = now.duration_since(app.started_at) > FORSAKEN;
    let forsaken = if is_back { store::stuck(tx, Stuck::Forsaken(now - FORSAKEN)).await? } else { Vec::new() };
    for open in &forsaken {
        tracing::error!(tenant = %open.moving.tenant, move.id = %open.id, "nobody goes on with a switch: the move is undone");
        give_up(app, tx, open, "the worker that held the hotel's writers was not heard of again, and no other went on")
            .await?;
        note(tx, now, "tenant.move_failed", open).await?;
    }
    Ok(!failed.is_empty() || !deleted.is_empty() || !forsaken.is_empty())
}

pub(super) async fn note(tx: &mut Tx, now: Timestamp, action: &str, open: &Open) -> Result<(), DbError> {
    let (tenant, moving) = (open.moving.tenant, &open.moving);
    let details = json!({ "move": open.id, "from": moving.source.cluster.0, "to": moving.target.cluster.0 });
    audit::record(tx, now, &Actor::System, action, ("tenant", &tenant.to_string()), Some(tenant), details).await
}
