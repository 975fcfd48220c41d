//! A change that a repeated request makes once: its key and its answer lie in the same transaction as the change.
use std::ops::Deref;

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hotelhub_web::AppError;
use serde::Serialize;
use uuid::Uuid;

use super::{Session, TenantTx};

/// Who asks: keys of strangers do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// A signed-in user.
    pub fn user(id: Uuid) -> Self {
        Self(format!("user:{id}"))
    }

    /// A guest at a public door, known by the address the request came from.
    pub fn guest(address: impl std::fmt::Display) -> Self {
        Self(format!("guest:{address}"))
    }

    /// The scope as it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What [`super::Tenant::begin_once`] finds.
pub enum Begun {
    /// The same request was answered before: this was the answer.
    Answered(Response),
    /// Nobody asked this before.
    Fresh(OnceTx),
}

/// A transaction that keeps its answer for whoever asks the same again.
pub struct OnceTx {
    tx: TenantTx,
}

impl Deref for OnceTx {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.tx
    }
}

impl OnceTx {
    /// Ends it: keeps the answer and commits, or rolls back and keeps nothing.
    pub async fn answer(
        self,
        status: StatusCode,
        outcome: Result<impl Serialize, AppError>,
    ) -> Result<Response, AppError> {
        self.answer_with(status, HeaderMap::new(), outcome).await
    }

    /// [`OnceTx::answer`] with headers that belong to the answer, such as `ETag` and `Location`.
    pub async fn answer_with(
        self,
        status: StatusCode,
        headers: HeaderMap,
        outcome: Result<impl Serialize, AppError>,
    ) -> Result<Response, AppError> {
        let value = self.tx.settle(outcome).await?;
        let body = serde_json::to_vec(&value).map_err(AppError::internal)?;
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}
