//! A change that a repeated request makes once: its key and its answer lie in the same transaction as the change.
//!
//! A request may hold a password, so what is kept of it is a MAC; what is kept of an answer is its status and its body, never a cookie.
use std::ops::{Deref, DerefMut};

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use hotelhub_web::once::{KEPT_FOR, REPLAYED, reused, undecided};
use hotelhub_web::{AppError, RequestKey, Result};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::App;
use crate::database::{DbError, Tx};

/// Who asks: keys of strangers do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope(String);

impl Scope {
    /// One of the vendor's people.
    pub(crate) fn staff(id: Uuid) -> Self {
        Self(format!("staff:{id}"))
    }

    /// Somebody not signed in, known by the address the request came from.
    pub(crate) fn visitor(address: impl std::fmt::Display) -> Self {
        Self(format!("visitor:{address}"))
    }
}

/// What [`begin`] finds.
pub(crate) enum Begun {
    /// The same request was answered before: this was the answer.
    Answered(Kept),
    /// Nobody asked this before.
    Fresh(OnceTx),
}

/// An answer that was kept.
pub(crate) struct Kept {
    status: StatusCode,
    /// What it said: JSON, or nothing.
    pub(crate) body: Bytes,
}

impl From<Kept> for Response {
    fn from(kept: Kept) -> Self {
        let mut response = response(kept.status, kept.body);
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

/// A transaction that keeps its answer for whoever asks the same again.
pub(crate) struct OnceTx {
    tx: Tx,
    scope: Scope,
    key: Box<str>,
}

impl Deref for OnceTx {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl DerefMut for OnceTx {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.tx
    }
}

/// The answer to the same request, if it was given before: for doors with work to do before they can begin.
pub(crate) async fn kept(app: &App, scope: &Scope, key: &RequestKey) -> Result<Option<Kept>> {
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    found(app, &mut conn, scope, key).await
}

/// Begins a transaction with its key. Whoever holds the same key makes this wait until that is decided.
pub(crate) async fn begin(app: &App, scope: &Scope, key: &RequestKey) -> Result<Begun> {
    let (mut tx, mac) = (app.db.begin().await?, mac(app, key));
    let taken = sqlx::query!(
        "insert into idempotency_keys (scope, key, request_mac, created_at) values ($1, $2, $3, $4) on conflict do nothing",
        scope.0,
        key.key(),
        mac.as_slice(),
        app.clock.now().to_sqlx() as _
    )
    .execute(&mut *tx)
    .await
    .map_err(DbError::from)?;
    if taken.rows_affected() == 1 {
        return Ok(Begun::Fresh(OnceTx { tx, scope: scope.clone(), key: key.key().into() }));
    }
    found(app, &mut tx, scope, key).await?.map(Begun::Answered).ok_or_else(undecided)
}

async fn found(app: &App, conn: &mut PgConnection, scope: &Scope, key: &RequestKey) -> Result<Option<Kept>> {
    let row = sqlx::query!(
        r#"select request_mac, status as "status!", body from idempotency_keys
            where scope = $1 and key = $2 and status is not null"#,
        scope.0,
        key.key()
    )
    .fetch_optional(conn)
    .await
    .map_err(DbError::from)?;
    let Some(row) = row else { return Ok(None) };
    if row.request_mac != mac(app, key) {
        return Err(reused());
    }
    let status = u16::try_from(row.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    Ok(Some(Kept { status: status.unwrap_or(StatusCode::OK), body: row.body.unwrap_or_default().into() }))
}

impl OnceTx {
    /// Ends it: keeps the answer and commits, or rolls back and keeps nothing. What has no body is answered with 204.
    pub(crate) async fn answer(mut self, status: StatusCode, outcome: Result<impl Serialize>) -> Result<Response> {
        let body = body(&outcome?)?;
        sqlx::query!(
            "update idempotency_keys set status = $3, body = $4 where scope = $1 and key = $2",
            self.scope.0,
            &*self.key,
            i16::try_from(status.as_u16()).unwrap_or_default(),
            &*body
        )
        .execute(&mut *self.tx)
        .await
        .map_err(DbError::from)?;
        self.tx.commit().await.map_err(DbError::from)?;
        Ok(response(status, body))
    }
}

/// Lets the keys go whose time is over.
pub async fn forget_old(pool: &PgPool, now: Timestamp) -> Result<u64, DbError> {
    let before = now - KEPT_FOR;
    let gone =
        sqlx::query!("delete from idempotency_keys where created_at < $1", before.to_sqlx() as _).execute(pool).await?;
    Ok(gone.rows_affected())
}

fn mac(app: &App, key: &RequestKey) -> [u8; 32] {
    app.secret.derive("idempotency").mac(key.hash())
}

/// The answer that [`OnceTx::answer`] would give, of which nothing is kept.
pub(crate) fn told(status: StatusCode, value: &impl Serialize) -> Result<Response> {
    Ok(response(status, body(value)?))
}

/// A value as JSON; one that serializes to null has no body.
fn body(value: &impl Serialize) -> Result<Bytes> {
    let json = serde_json::to_vec(value).map_err(AppError::internal)?;
    Ok(if json == b"null" { Bytes::new() } else { json.into() })
}

fn response(status: StatusCode, body: Bytes) -> Response {
    let empty = body.is_empty();
    let mut response = Response::new(body.into());
    *response.status_mut() = if empty { StatusCode::NO_CONTENT } else { status };
    if !empty {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}
