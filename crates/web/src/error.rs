//! One error for all handlers: a public problem (RFC 9457) and a private cause.
use std::error::Error;
use std::fmt;

use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::wording::{Named, Told, Wrong};

/// What handlers return.
pub type Result<T, E = AppError> = std::result::Result<T, E>;

/// The kinds of refusal, each with its HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 400
    Malformed,
    /// 401
    Unauthenticated,
    /// 403
    Forbidden,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 409
    Conflict,
    /// 410
    Gone,
    /// 412
    PreconditionFailed,
    /// 413
    TooLarge,
    /// 415
    UnsupportedMedia,
    /// 421
    Misdirected,
    /// 422
    Invalid,
    /// 428
    PreconditionRequired,
    /// 429
    TooMany,
    /// 500
    Internal,
    /// 503
    Unavailable,
}

impl Kind {
    /// The HTTP status of this kind.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The path of the field: `reservations[0].arrival`.
    pub field: String,
    /// An English phrase.
    pub message: String,
    /// The same for people of either language.
    #[serde(skip)]
    pub(crate) wrong: Wrong,
}

/// A refusal on its way out: public are kind, code, detail, fields and extras; the cause is only logged.
pub struct AppError(Box<Parts>);

struct Parts {
    kind: Kind,
    code: &'static str,
    detail: String,
    named: Named,
    fields: Vec<FieldError>,
    extras: Map<String, Value>,
    retry_after: Option<u32>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl AppError {
    /// A refusal of this kind; `code` is a kebab-case slug, `detail` an English sentence fit for the client's eyes.
    pub fn new(kind: Kind, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            code,
            detail: detail.into(),
            named: Named::default(),
            fields: Vec::new(),
            extras: Map::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// Something broke on our side: 500, told to the log, not to the client.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Internal, "internal", "Something went wrong on our side.").because(cause)
    }

    /// Names a field that is wrong.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, wrong: impl Into<Wrong>) -> Self {
        let wrong = wrong.into();
        self.0.fields.push(FieldError { field: name.into(), message: wrong.in_english(), wrong });
        self
    }

    /// Gives the catalogue's `problem.<code>` a value for its `{name}`.
    #[must_use]
    pub fn naming(mut self, name: &'static str, value: impl Into<Told>) -> Self {
        self.0.named.push(name, value.into());
        self
    }

    /// Adds a member to the problem; what cannot be serialised is left out.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.0.extras.insert(key.to_owned(), value);
        }
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Says when to come back, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The same refusal without its cause, for another who is refused for the same.
    #[must_use]
    pub fn public(&self) -> Self {
        let Parts { kind, code, detail, named, fields, extras, retry_after, .. } = &*self.0;
        let (detail, named, fields, extras) = (detail.clone(), named.clone(), fields.clone(), extras.clone());
        let (kind, retry_after) = (*kind, *retry_after);
        Self(Box::new(Parts { kind, code, detail, named, fields, extras, retry_after, cause: None }))
    }

    /// The kind of refusal.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The slug of the refusal.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The public sentence.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// When to come back, in seconds, where it was said.
    pub fn pause(&self) -> Option<u32> {
        self.0.retry_after
    }

    /// What the catalogue's sentence may name.
    pub(crate) fn named(&self) -> &Named {
        &self.0.named
    }

    /// The fields that are wrong.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// An added member of the problem.
    pub fn extra(&self, key: &str) -> Option<&Value> {
        self.0.extras.get(key)
    }
}

impl fmt::Debug for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { kind, code, detail, fields, cause, .. } = &*self.0;
        write!(f, "AppError({kind:?} {code}: {detail} {fields:?} because {cause:?})")
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl Error for AppError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

/// The public face of a refusal, as RFC 9457 spells it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:hotelhub:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// An English sentence.
    pub detail: String,
    /// The slug that programs compare.
    pub code: String,
    /// The id under which the log knows the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What else the refusal says.
    #[serde(flatten)]
    pub extras: Map<String, Value>,
}

impl Problem {
    /// A problem that says its status, its code and a sentence.
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:hotelhub:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            request_id: None,
            errors: Vec::new(),
            extras: Map::new(),
        }
    }

    /// The problem as a response of its status, itself in the extensions.
    pub fn into_response_with(self, headers: &HeaderMap) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        keep(headers, &mut response);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives a response another body's headers, but for those that speak of the body.
pub(crate) fn keep(headers: &HeaderMap, response: &mut Response) {
    for (name, value) in headers.iter().filter(|(name, _)| ![CONTENT_TYPE, CONTENT_LENGTH].contains(*name)) {
        response.headers_mut().append(name.clone(), value.clone());
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let Parts { kind, code, detail, named: _, fields, extras, retry_after, cause } = *self.0;
        match &cause {
            Some(cause) if kind.status().is_server_error() => {
                tracing::error!(problem = code, error = &**cause as &(dyn Error + 'static), "a request failed");
            }
            Some(cause) => {
                tracing::info!(problem = code, error = &**cause as &(dyn Error + 'static), "a request was refused");
            }
            None => tracing::debug!(problem = code, detail, "a request was refused"),
        }
        let problem = Problem { errors: fields, extras, ..Problem::new(kind.status(), code, detail) };
        let mut response = problem.into_response_with(&HeaderMap::new());
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
