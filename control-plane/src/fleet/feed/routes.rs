//! Where nodes take the routing table.
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hotelhub_protocol::{Deltas, paths};
use hotelhub_web::{AppError, Kind, Query, Result};
use serde::Deserialize;
use tokio::time::Instant;

use super::store::{self, Since};
use crate::App;
use crate::fleet::nodes::Caller;
use crate::wakes::Wake;

/// The longest a node may be kept waiting.
const LONGEST: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    since: u64,
    #[serde(default)]
    wait_ms: u64,
}

/// The doors of the feed.
pub fn router() -> Router<App> {
    Router::new().route(paths::SNAPSHOT, get(snapshot)).route(paths::DELTAS, get(deltas))
}

/// The whole table, signed.
async fn snapshot(State(app): State<App>, _: Caller) -> Result<Response> {
    let wire = app.snapshots.newest(&app).await?;
    Ok(([(CONTENT_TYPE, "application/json")], wire).into_response())
}

/// The changes after a version, signed, as soon as there are any.
async fn deltas(State(app): State<App>, _: Caller, Query(asked): Query<Asked>) -> Result<Response> {
    let until = Instant::now() + Duration::from_millis(asked.wait_ms).min(LONGEST);
    let mut ear = app.wakes.listen(Wake::Routes);
    loop {
        match store::since(&app.db.durable, asked.since).await? {
            Since::Unknown => return Err(AppError::new(Kind::Gone, "version-unknown", "Take the snapshot.")),
            Since::Deltas(deltas) if !deltas.is_empty() => {
                let deltas = Deltas { since: asked.since, deltas };
                return Ok(Json(app.feed_key.sign("deltas", &deltas).map_err(AppError::internal)?).into_response());
            }
            Since::Deltas(_) => {}
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || app.stopping() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        app.wait(&mut ear, left).await;
    }
}
