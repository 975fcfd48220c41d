//! Is it alive, is it ready, and what ails it.
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::future::join_all;
use hotelhub_kernel::Clock;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
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

    /// Well when there is no error; the error's text is logged, not shown.
    pub fn of<T, E: std::fmt::Display>(outcome: Result<T, E>) -> Self {
        match outcome {
            Ok(_) => Self::ok(),
            Err(error) => {
                tracing::warn!(%error, "a health check failed");
                Self::Ill("unavailable".to_owned())
            }
        }
    }
}

type Checking = Pin<Box<dyn Future<Output = Finding> + Send>>;
type Check = Arc<dyn Fn() -> Checking + Send + Sync>;

/// The checks of one process. A check that takes over two seconds is ill.
#[derive(Clone)]
pub struct Health {
    version: &'static str,
    clock: Clock,
    started: Timestamp,
    checks: Vec<(&'static str, Check)>,
}

impl Health {
    /// No checks yet; the process started now.
    pub fn new(version: &'static str, clock: &Clock) -> Self {
        Self { version, clock: clock.clone(), started: clock.now(), checks: Vec::new() }
    }

    /// Adds a check.
    #[must_use]
    pub fn check<F>(mut self, name: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Finding> + Send + 'static,
    {
        self.checks.push((name, Arc::new(move || Box::pin(check()) as Checking)));
        self
    }

    /// `GET /health` (the contract of the requirements), `/livez` (the process runs), `/readyz` (every check passes).
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let (full, ready) = (self.clone(), self.clone());
        Router::new()
            .route("/health", get(async move || full.answer().await))
            .route("/readyz", get(async move || ready.answer().await))
            .route("/livez", get(async || Json(json!({ "status": "ok" }))))
    }

    async fn answer(&self) -> Response {
        let limit = Duration::from_secs(2);
        let running = self.checks.iter().map(async |(name, check)| {
            let finding = tokio::time::timeout(limit, check()).await;
            (*name, finding.unwrap_or_else(|_| Finding::Ill("timeout".to_owned())))
        });
        let mut well = true;
        let mut checks = Map::new();
        for (name, finding) in join_all(running).await {
            let shown = match finding {
                Finding::Well(value) => value,
                Finding::Ill(text) => {
                    well = false;
                    Value::from(text)
                }
            };
            checks.insert(name.to_owned(), shown);
        }
        let now = self.clock.now();
        let body = json!({
            "status": if well { "ok" } else { "failing" },
            "version": self.version,
            "uptime_seconds": now.duration_since(self.started).as_secs(),
            "checks": checks,
            "timestamp": now,
        });
        let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, Json(body)).into_response()
    }
}
