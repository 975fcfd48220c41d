//! The heartbeat's door.
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use hotelhub_protocol::{Heartbeat, HeartbeatAnswer, Role, paths};
use hotelhub_web::{Body, Result};
use jiff::SignedDuration;

use super::{Caller, store};
use crate::App;
use crate::exports;
use crate::fleet::shares::{Asked, Granted, Heard, Terms};
use crate::fleet::{clusters, orders, ready, shares};
use crate::wakes::Wake;

/// How often a node shall come, in milliseconds.
const EVERY_MS: u64 = 5_000;

/// How soon a node shall come again whose share changed: others wait for what it lets go.
const SOON_MS: u64 = 500;

/// How soon a node shall come again that says how far it is with a copy: somebody looks on.
const WATCHED_MS: u64 = 2_000;

/// A node not heard for so long counts as cut off.
pub(crate) const SILENCE: SignedDuration = SignedDuration::from_secs(20);

/// The doors of nodes.
pub fn router() -> Router<App> {
    Router::new().route(paths::HEARTBEAT, post(heartbeat))
}

/// Takes a sign of life and answers with the connection shares to live by, and until when long orders are leased on. One that comes after
/// a later one, or of a start that is not known, is answered and changes nothing.
async fn heartbeat(
    State(app): State<App>,
    caller: Caller,
    Body(beat): Body<Heartbeat>,
) -> Result<Json<HeartbeatAnswer>> {
    let now = app.clock.now();
    let roles: Vec<Role> = beat.roles.iter().copied().filter(|role| caller.roles.contains(role)).collect();
    let asked = Asked { node: &caller.name, number: beat.number, roles: &roles, loads: &beat.clusters };
    let terms = Terms { lately: now - SILENCE, reserve: app.settings.lonely_connections, now };
    let Granted { heard, shares } = shares::grant(&app.db, &asked, terms).await?;
    if heard != Heard::Newest {
        let start = if let Heard::Begins(start) = heard { Some(start) } else { None };
        return Ok(Json(HeartbeatAnswer { shares, again_in_ms: SOON_MS, next: Vec::new(), leases: None, start }));
    }
    store::keep(&app.db.relaxed, &caller.name, &beat, now).await?;
    if roles.contains(&Role::Fleet) && clusters::keep_templates(&app.db.durable, &beat.clusters, now).await? {
        app.wakes.wake(Wake::Orders);
    }
    let holding = |share| beat.clusters.iter().flat_map(|load| &load.holding).any(|held| held == share);
    let settled = shares.iter().all(|share| share.connections == 0 || holding(share));
    let watched = beat.copying.iter().any(|copy| copy.how_far.is_some());
    let again_in_ms = if !settled {
        SOON_MS
    } else if watched {
        WATCHED_MS
    } else {
        EVERY_MS
    };
    let next = if roles.contains(&Role::Fleet) { ready::next(&app.db.relaxed).await? } else { Vec::new() };
    let leases = match beat.copying.is_empty() {
        true => Vec::new(),
        false => orders::lease_on(&app.db.durable, &caller.name, &beat.copying, now).await?,
    };
    exports::reached(&app, &caller.name, &beat.copying).await?;
    Ok(Json(HeartbeatAnswer { shares, again_in_ms, next, leases: Some(leases), start: None }))
}
