//! Bodies out of requests: strict JSON, and the key that makes a POST safe to repeat.
use std::error::Error;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, Uri};
use hotelhub_kernel::sha256;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::{AppError, Kind, Result};

/// What makes a repeated POST recognisable: the client's key, and a hash of what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    key: Box<str>,
    hash: [u8; 32],
}

impl RequestKey {
    /// A key of 8 to 128 visible ASCII characters for this request.
    pub fn new(key: &str, method: &Method, path: &str, body: &[u8]) -> Result<Self> {
        let visible = (8..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !visible {
            let detail = "An idempotency key has 8 to 128 visible ASCII characters.";
            return Err(AppError::new(Kind::Malformed, "idempotency-key-malformed", detail));
        }
        let asked = [method.as_str().as_bytes(), b"\n", path.as_bytes(), b"\n", body].concat();
        Ok(Self { key: key.into(), hash: sha256(&asked) })
    }

    /// The key as the client gave it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// SHA-256 of method, path with query, and body.
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

/// A strict JSON body with its `Idempotency-Key`, which is required.
#[derive(Clone, Debug)]
pub struct Posted<T> {
    /// What was sent.
    pub value: T,
    /// What makes a repetition recognisable.
    pub key: RequestKey,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Posted<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let (method, path) = (request.method().clone(), path_of(request.uri()).to_owned());
        let name = header_key(request.headers())?.to_owned();
        expect_json(request.headers())?;
        let bytes = read(request, state).await?;
        let key = RequestKey::new(&name, &method, &path, &bytes)?;
        Ok(Self { value: json(&bytes)?, key })
    }
}

/// A strict JSON body for verbs that are idempotent by themselves or by `If-Match`.
#[derive(Clone, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        expect_json(request.headers())?;
        let bytes = read(request, state).await?;
        json(&bytes).map(Self)
    }
}

/// Bytes as they came, for verbs that are idempotent by themselves.
#[derive(Clone, Debug)]
pub struct Octets(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Octets {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let essence = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(essence);
        if essence.as_deref() != Some("application/octet-stream") {
            let detail = "The body must be application/octet-stream.";
            return Err(AppError::new(Kind::UnsupportedMedia, "octets-expected", detail));
        }
        read(request, state).await.map(Self)
    }
}

/// Nothing but the wish itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

fn header_key(headers: &HeaderMap) -> Result<&str> {
    let mut values = headers.get_all("idempotency-key").iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| {
            AppError::new(Kind::Malformed, "idempotency-key-malformed", "The idempotency key is not visible ASCII.")
        }),
        (None, _) => {
            let detail = "A POST needs an Idempotency-Key header, so that it can be repeated without harm.";
            Err(AppError::new(Kind::Malformed, "idempotency-key-missing", detail))
        }
        _ => {
            Err(AppError::new(Kind::Malformed, "idempotency-key-malformed", "There is more than one idempotency key."))
        }
    }
}

pub(crate) fn path_of(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

fn expect_json(headers: &HeaderMap) -> Result<()> {
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(essence);
    match essence.as_deref() {
        Some("application/json") => Ok(()),
        _ => Err(AppError::new(Kind::UnsupportedMedia, "json-expected", "The body must be application/json.")),
    }
}

/// `Application/JSON; charset=utf-8` → `application/json`.
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Reads the whole body within the limit of the route.
pub(crate) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            AppError::new(Kind::TooLarge, "body-too-large", "The body is larger than this door takes.")
        } else {
            AppError::new(Kind::Malformed, "body-broken", "The body broke off.").because(rejection)
        }
    })
}

/// Reads strict JSON; refusals name the field.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| AppError::new(Kind::Malformed, "not-utf8", "The body is not valid UTF-8."))?;
    refuse_nul(text)?;
    refuse_list(text)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { wrong_field(&path, &inner.to_string()) } else { malformed(&inner) }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &dyn Error) -> AppError {
    AppError::new(Kind::Malformed, "malformed-json", format!("The body is not JSON: {error}."))
}

/// No database column takes U+0000, and no honest text holds it.
fn refuse_nul(text: &str) -> Result<()> {
    let escaped = text.match_indices("\\u0000").any(|(at, _)| {
        let before = text.as_bytes().get(..at).unwrap_or_default();
        before.iter().rev().take_while(|&&b| b == b'\\').count().is_multiple_of(2)
    });
    if escaped || text.contains('\0') {
        return Err(AppError::new(Kind::Invalid, "invalid-body", "A text holds the character U+0000."));
    }
    Ok(())
}

/// Serde would read a list as an object without names.
fn refuse_list(text: &str) -> Result<()> {
    if text.trim_ascii_start().starts_with('[') {
        return Err(AppError::new(Kind::Invalid, "invalid-body", "The body is a list instead of an object."));
    }
    Ok(())
}

/// A value of the wrong type, an unknown or a missing field, as a problem that names it.
pub(crate) fn wrong_field(path: &str, message: &str) -> AppError {
    let message = message.split(" at line ").next().unwrap_or(message);
    let named = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|lead| message.strip_prefix(lead))
        .and_then(|rest| rest.split('`').next());
    let parent = if path == "." { "" } else { path };
    let field = match named {
        Some(name) if parent.is_empty() => name.to_owned(),
        Some(name) if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        Some(name) => format!("{parent}.{name}"),
        None => parent.to_owned(),
    };
    let detail =
        if field.is_empty() { format!("The body is wrong: {message}.") } else { format!("`{field}`: {message}.") };
    let error = AppError::new(Kind::Invalid, "invalid-body", detail);
    if field.is_empty() { error } else { error.field(field, message.to_owned()) }
}
