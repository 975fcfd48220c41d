//! The door at which fleet workers say what lies on a server.
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use hotelhub_protocol::{Inventory, Role, paths};
use hotelhub_web::{AppError, Body, Kind, Result};

use super::{find, store};
use crate::App;
use crate::fleet::moves;
use crate::fleet::nodes::Caller;

/// Two names of forty bytes for each of a hundred thousand databases.
const LARGEST: usize = 8 * 1024 * 1024;

/// The door of fleet workers.
pub fn router() -> Router<App> {
    Router::new().route(paths::INVENTORY, post(inventory).layer(DefaultBodyLimit::max(LARGEST)))
}

async fn inventory(State(app): State<App>, caller: Caller, Body(seen): Body<Inventory>) -> Result<StatusCode> {
    caller.must_be(Role::Fleet)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let unknown = || AppError::new(Kind::NotFound, "unknown-cluster", "No cluster has this name.");
    let recorded = store::recorded(&mut tx, &seen.cluster).await?.ok_or_else(unknown)?;
    // It waits for its turn, and nobody is to wait for what is written here meanwhile.
    moves::release_log(&app, &mut tx, &seen.cluster, &seen.slots).await?;
    store::note(&mut tx, &seen.cluster, &find(&recorded, &seen), now).await?;
    tx.commit().await.map_err(crate::database::DbError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
