//! A change that a repeated request makes once: its key and its answer, sealed, lie in the same transaction as the change.
use std::ops::Deref;

use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use hotelhub_web::once::{KEPT_FOR, REPLAYED, reused, undecided};
use hotelhub_web::{AppError, RequestKey};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{DbError, Row, Session, Tenant, TenantConn, TenantTx};

/// Sent right behind `begin`, before that is answered. Where `begin` was refused, as by a cancel that was meant for the statement before it,
/// this would be a transaction of its own and keep a key without its change: that is not the deferrable one of [`TenantConn::begin_and`], and
/// nothing is taken.
const TAKE_KEY: &str = "
    insert into idempotency_keys (scope, key, request_hash, created_at)
    select $1::text, $2::text, $3::bytea, $4::timestamptz
     where current_setting('transaction_deferrable') = 'on'
    on conflict do nothing";

const KEPT_ANSWER: &str = "
    select request_hash, status, sealed, headers, body
      from idempotency_keys
     where scope = $1 and key = $2
       for update";

const KEEP_ANSWER: &str = "
    update idempotency_keys
       set status = $3, sealed = $4
     where scope = $1 and key = $2";

/// Some at a time; a key that is being asked for waits for the next time.
const FORGET: &str = "
    delete from idempotency_keys
     where ctid = any (array(
           select ctid from idempotency_keys where created_at < $1 order by created_at limit 500 for update skip locked))";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[TAKE_KEY, KEPT_ANSWER, KEEP_ANSWER, FORGET];

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

    /// The name for which the answer under a key of this scope is sealed.
    fn row(&self, key: &str) -> String {
        format!("answer {} {key}", self.0)
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
    tenant: Tenant,
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
    tenant: &Tenant,
    scope: &Scope,
    key: &RequestKey,
) -> Result<Result<Begun, AppError>, DbError> {
    let (name, hash) = (key.key(), key.hash().as_slice());
    let (tx, taken) = conn.begin_and(TAKE_KEY, &[&scope.as_str(), &name, &hash, &tenant.clock().now()]).await?;
    let fresh = |tx| Begun::Fresh(OnceTx { tx, tenant: tenant.clone(), scope: scope.clone(), key: name.into() });
    if taken == 1 {
        return Ok(Ok(fresh(tx)));
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
            let answer = answer(tenant, &scope.row(name), &kept)?;
            tx.rollback().await?;
            Ok(answer.map(|answer| Begun::Answered(replayed(status, answer))).ok_or_else(unreadable))
        }
        (true, None) => Ok(Ok(fresh(tx))),
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
        let written = outcome.and_then(|value| serde_json::to_string(&value).map_err(AppError::internal));
        let body = match written {
            Ok(body) if body == "null" => String::new(),
            Ok(body) => body,
            Err(refusal) => return self.tx.settle(Err(refusal)).await,
        };
        if !body.is_empty() {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        let number = i16::try_from(status.as_u16()).unwrap_or_default();
        let Self { tx, tenant, scope, key } = self;
        let sealed = tenant.seal(&scope.row(&key), &to_keep(&headers, &body));
        tx.commit_with(KEEP_ANSWER, &[&scope.as_str(), &&*key, &number, &sealed]).await?;
        Ok(response(status, headers, body))
    }

    /// Leaves everything as it was and keeps nothing.
    pub async fn rollback(self) -> Result<(), DbError> {
        self.tx.rollback().await
    }
}

fn response(status: StatusCode, headers: HeaderMap, body: String) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// What is kept of an answer beside its status: headers as name and value, in order, and the body.
type Kept = (Vec<(String, String)>, String);

/// As [`Kept`] is written. A cookie is a secret, but for the one that shows what just happened.
fn to_keep(headers: &HeaderMap, body: &str) -> Vec<u8> {
    let kept =
        headers.iter().filter(|(name, value)| **name != SET_COOKIE || value.as_bytes().starts_with(b"__Host-flash="));
    let kept: Vec<_> = kept.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    serde_json::to_vec(&(kept, body)).expect("texts are JSON")
}

/// The answer of a row; none where it was sealed under another key.
fn answer(tenant: &Tenant, name: &str, row: &Row) -> Result<Option<Kept>, DbError> {
    match row.try_get::<_, Option<&[u8]>>("sealed")? {
        Some(sealed) => Ok(tenant.open(name, sealed).and_then(|plain| serde_json::from_slice(&plain).ok())),
        None => in_clear(row).map(Some),
    }
}

/// The answer as an older program kept it.
fn in_clear(row: &Row) -> Result<Kept, DbError> {
    let (headers, body): (Option<Value>, Option<Vec<u8>>) = (row.try_get("headers")?, row.try_get("body")?);
    let headers = headers.and_then(|pairs| serde_json::from_value(pairs).ok()).unwrap_or_default();
    Ok((headers, String::from_utf8(body.unwrap_or_default()).unwrap_or_default()))
}

fn replayed(status: i16, (kept, body): Kept) -> Response {
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut headers = HeaderMap::new();
    for (name, value) in kept {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response(status.unwrap_or(StatusCode::OK), headers, body)
}

fn unreadable() -> AppError {
    AppError::internal("the answer was sealed under another key")
}
