//! A change that a repeated request makes once: its key and its answer lie in the same transaction as the change.
use std::ops::Deref;

use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use hotelhub_kernel::Clock;
use hotelhub_web::{AppError, Kind, RequestKey};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{DbError, Row, Session, TenantConn, TenantTx};

const TAKE_KEY: &str = "
    insert into idempotency_keys (scope, key, request_hash, created_at)
    values ($1, $2, $3, $4)
    on conflict do nothing";

const KEPT_ANSWER: &str = "
    select request_hash, status, headers, body
      from idempotency_keys
     where scope = $1 and key = $2
       for update";

const KEEP_ANSWER: &str = "
    update idempotency_keys
       set status = $3, headers = $4, body = $5
     where scope = $1 and key = $2";

/// Some at a time; a key that is being asked for waits for the next time.
const FORGET: &str = "
    delete from idempotency_keys
     where ctid = any (array(
           select ctid from idempotency_keys where created_at < $1 order by created_at limit 500 for update skip locked))";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[TAKE_KEY, KEPT_ANSWER, KEEP_ANSWER, FORGET];

/// How long an answer is kept for whoever asks again.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);

/// Says that an answer is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

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
    scope: Scope,
    key: Box<str>,
}

impl Deref for OnceTx {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.tx
    }
}

/// Begins a transaction with its key in one round trip. Whoever holds the same key makes this wait until that is decided.
pub(super) async fn begin(
    conn: TenantConn,
    clock: &Clock,
    scope: &Scope,
    key: &RequestKey,
) -> Result<Result<Begun, AppError>, DbError> {
    let (name, hash) = (key.key(), key.hash().as_slice());
    let (tx, taken) = conn.begin_and(TAKE_KEY, &[&scope.as_str(), &name, &hash, &clock.now()]).await?;
    if taken == 1 {
        return Ok(Ok(Begun::Fresh(OnceTx { tx, scope: scope.clone(), key: name.into() })));
    }
    let Some(kept) = tx.query_opt(KEPT_ANSWER, &[&scope.as_str(), &name]).await? else {
        // Taken back between the two statements: whoever asks again finds it free.
        tx.rollback().await?;
        return Ok(Err(undecided()));
    };
    let same = kept.try_get::<_, &[u8]>("request_hash")? == hash;
    let status: Option<i16> = kept.try_get("status")?;
    match (same, status) {
        (true, Some(status)) => {
            let response = replayed(status, &kept)?;
            tx.rollback().await?;
            Ok(Ok(Begun::Answered(response)))
        }
        (true, None) => Ok(Ok(Begun::Fresh(OnceTx { tx, scope: scope.clone(), key: name.into() }))),
        (false, _) => {
            tx.rollback().await?;
            Ok(Err(reused()))
        }
    }
}

/// Lets the oldest keys go whose time is over.
pub(crate) async fn forget_old(session: &Session, now: Timestamp) -> Result<u64, DbError> {
    session.execute(FORGET, &[&(now - KEPT_FOR)]).await
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

    /// [`OnceTx::answer`] with headers that belong to the answer, such as `ETag` and `Location`. A value that serializes to null has no body.
    pub async fn answer_with(
        self,
        status: StatusCode,
        mut headers: HeaderMap,
        outcome: Result<impl Serialize, AppError>,
    ) -> Result<Response, AppError> {
        let written = outcome.and_then(|value| serde_json::to_vec(&value).map_err(AppError::internal));
        let body = match written {
            Ok(body) if body == b"null" => None,
            Ok(body) => Some(body),
            Err(refusal) => return self.tx.settle(Err(refusal)).await,
        };
        if body.is_some() {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        let number = i16::try_from(status.as_u16()).unwrap_or_default();
        let Self { tx, scope, key } = self;
        tx.commit_with(KEEP_ANSWER, &[&scope.as_str(), &&*key, &number, &to_keep(&headers), &body]).await?;
        Ok(response(status, headers, body.unwrap_or_default()))
    }

    /// Leaves everything as it was and keeps nothing.
    pub async fn rollback(self) -> Result<(), DbError> {
        self.tx.rollback().await
    }
}

fn response(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Headers as name and value, in order. A cookie is a secret, but for the one that shows what just happened.
fn to_keep(headers: &HeaderMap) -> Value {
    let kept =
        headers.iter().filter(|(name, value)| **name != SET_COOKIE || value.as_bytes().starts_with(b"__Host-flash="));
    kept.filter_map(|(name, value)| Some(Value::from(vec![name.as_str(), value.to_str().ok()?]))).collect()
}

fn replayed(status: i16, kept: &Row) -> Result<Response, DbError> {
    let headers: Option<Value> = kept.try_get("headers")?;
    let body: Option<Vec<u8>> = kept.try_get("body")?;
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let pairs: Vec<(String, String)> = headers.and_then(|pairs| serde_json::from_value(pairs).ok()).unwrap_or_default();
    let pairs = pairs
        .iter()
        .filter_map(|(name, value)| Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?)));
    let mut headers = HeaderMap::new();
    pairs.for_each(|(name, value)| {
        headers.append(name, value);
    });
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response(status.unwrap_or(StatusCode::OK), headers, body.unwrap_or_default()))
}

fn reused() -> AppError {
    let detail = "This idempotency key was used for another request. A new request needs a new key.";
    AppError::new(Kind::Invalid, "key-reused", detail)
}

fn undecided() -> AppError {
    AppError::new(Kind::Unavailable, "busy", "The same request is being answered. Please ask again.").retry_after(1)
}
