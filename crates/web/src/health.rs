//! Is it alive, is it ready, and what ails it.
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hotelhub_kernel::Clock;
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde::Serialize;
use serde_json::{Value, json};

/// A part that has not answered by then is ill.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What a look found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Finding {
    /// All is well: shown as `ok`, or as the value given.
    Well(Value),
    /// Not well: shown as this text, and the whole answer is 503.
    Ill(String),
}

impl Finding {
    /// All is well.
    pub fn ok() -> Self {
        Self::Well(Value::from("ok"))
    }

    /// Nothing to look after: this process was given no such part.
    pub fn off() -> Self {
        Self::Well(Value::from("off"))
    }

    /// No licence is asked for here.
    pub fn not_needed() -> Self {
        Self::Well(Value::from("not-needed"))
    }

    /// Not well, and nothing is known beyond that.
    pub fn unavailable() -> Self {
        Self::Ill("unavailable".to_owned())
    }

    /// Well when there is no error; the error's text is logged, not shown.
    pub fn of<T, E: std::fmt::Display>(outcome: Result<T, E>) -> Self {
        Self::counted(outcome.map(|_| "ok"))
    }

    /// Well, and shown as the value that was found.
    pub fn counted<T: Into<Value>, E: std::fmt::Display>(outcome: Result<T, E>) -> Self {
        match outcome {
            Ok(value) => Self::Well(value.into()),
            Err(error) => {
                tracing::warn!(%error, "a part is not well");
                Self::unavailable()
            }
        }
    }

    /// Well when it answers without an error in time.
    pub async fn within<T, E: std::fmt::Display>(look: impl Future<Output = Result<T, E>>) -> Self {
        match tokio::time::timeout(PATIENCE, look).await {
            Ok(outcome) => Self::of(outcome),
            Err(_) => Self::Ill("timeout".to_owned()),
        }
    }

    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Well(_))
    }
}

/// What the requirements want looked at (hotelhub-02, "Health check JSON contract"): these keys, always all of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checks {
    /// Whether the databases can be asked.
    pub database: Finding,
    /// Whether Redis answers; `off` without one.
    pub redis: Finding,
    /// Whether what must be kept can be written.
    pub storage: Finding,
    /// What waits to be done. A number makes nobody ill.
    pub queue_pending: Finding,
    /// What was given up. A number makes nobody ill: staff see it on its own page.
    pub queue_failed: Finding,
    /// Whether the house may be run; `not-needed` where nobody asks.
    pub license: Finding,
}

/// What a database says of the house that keeps everything in it.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Whether it can be written.
    pub writable: bool,
    /// What is still to be done.
    pub pending: i64,
    /// What was given up.
    pub failed: i64,
}

impl Checks {
    /// Of a house that keeps everything in one database, which is asked by `standing`.
    pub async fn of_one_database<E: std::fmt::Display>(
        standing: impl Future<Output = Result<Standing, E>>,
        counters: Option<redis::aio::ConnectionManager>,
    ) -> Self {
        let (standing, redis) = tokio::join!(tokio::time::timeout(PATIENCE, standing), redis(counters));
        let standing = standing.map_err(|_| "it did not answer in time".to_owned());
        let standing = standing.and_then(|standing| standing.map_err(|error| format!("{error:#}")));
        let standing = standing.inspect_err(|error| tracing::warn!(error, "the database is not well"));
        let found =
            |finding: fn(&Standing) -> Finding| standing.as_ref().map_or_else(|_| Finding::unavailable(), finding);
        let written =
            |standing: &Standing| if standing.writable { Finding::ok() } else { Finding::Ill("read-only".to_owned()) };
        Self {
            database: found(|_| Finding::ok()),
            redis,
            storage: found(written),
            queue_pending: found(|standing| Finding::Well(standing.pending.into())),
            queue_failed: found(|standing| Finding::Well(standing.failed.into())),
            license: Finding::not_needed(),
        }
    }

    fn are_well(&self) -> bool {
        let all = [&self.database, &self.redis, &self.storage, &self.queue_pending, &self.queue_failed, &self.license];
        all.into_iter().all(Finding::is_well)
    }
}

type Looking<T> = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = T> + Send>> + Send + Sync>;

/// How one process is looked at.
#[derive(Clone)]
pub struct Health {
    version: &'static str,
    clock: Clock,
    started: Timestamp,
    checks: Looking<Checks>,
    ready: Looking<Finding>,
}

impl Health {
    /// A process that started now. `checks` is everything; `ready` is only what it cannot serve without.
    pub fn new<C, R>(
        version: &'static str,
        clock: &Clock,
        checks: impl Fn() -> C + Send + Sync + 'static,
        ready: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self
    where
        C: Future<Output = Checks> + Send + 'static,
        R: Future<Output = Finding> + Send + 'static,
    {
        Self {
            version,
            clock: clock.clone(),
            started: clock.now(),
            checks: Arc::new(move || Box::pin(checks())),
            ready: Arc::new(move || Box::pin(ready())),
        }
    }

    /// `GET /health` (the contract of the requirements), `/readyz` (it can serve), `/livez` (the process runs).
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let (full, ready) = (self.clone(), self.clone());
        Router::new()
            .route("/health", get(async move || full.answer().await))
            .route("/readyz", get(async move || ready.answer_ready().await))
            .route("/livez", get(async || Json(json!({ "status": "ok" }))))
    }

    async fn answer(&self) -> Response {
        let checks = (self.checks)().await;
        let now = self.clock.now();
        let body = json!({
            "status": word(checks.are_well()),
            "version": self.version,
            "uptime_seconds": now.duration_since(self.started).as_secs(),
            "checks": checks,
            "timestamp": in_jakarta(now),
        });
        (status(checks.are_well()), Json(body)).into_response()
    }

    async fn answer_ready(&self) -> Response {
        let ready = (self.ready)().await;
        (status(ready.is_well()), Json(json!({ "status": word(ready.is_well()), "ready": ready }))).into_response()
    }
}

fn word(well: bool) -> &'static str {
    if well { "ok" } else { "failing" }
}

fn status(well: bool) -> StatusCode {
    if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// To the second, as the contract shows it: `2026-04-28T10:00:00+07:00`.
fn in_jakarta(instant: Timestamp) -> String {
    instant.to_zoned(TimeZone::fixed(offset(7))).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Whether Redis answers; [`Finding::off`] without one.
pub async fn redis(redis: Option<redis::aio::ConnectionManager>) -> Finding {
    let Some(mut redis) = redis else { return Finding::off() };
    Finding::within(redis::cmd("PING").query_async::<String>(&mut redis)).await
}
