//! Forms: urlencoded bodies whose key rides in a hidden field.
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use crate::body::{essence, path_of, read, wrong_field};
use crate::{AppError, Kind, RequestKey, Result};

/// A form's fields and the key of its hidden field `_key`, which is required.
#[derive(Clone, Debug)]
pub struct FormBody<T>(pub T, pub RequestKey);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for FormBody<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(essence);
        if content_type.as_deref() != Some("application/x-www-form-urlencoded") {
            return Err(AppError::new(Kind::UnsupportedMedia, "form-expected", "The body must be a form."));
        }
        let (method, path) = (request.method().clone(), path_of(request.uri()).to_owned());
        let bytes = read(request, state).await?;
        let fields = fields(&bytes)?;
        let name = fields.iter().find(|(name, _)| name == "_key").map(|(_, value)| value.as_str());
        let name = name.ok_or_else(|| {
            AppError::new(Kind::Malformed, "idempotency-key-missing", "The form came without its hidden key.")
        })?;
        let key = RequestKey::new(name, &method, &path, &bytes)?;
        let rest: Vec<_> = fields.iter().filter(|(name, _)| name != "_key").collect();
        let encoded = serde_urlencoded::to_string(rest).map_err(AppError::internal)?;
        parse(&encoded).map(|value| Self(value, key))
    }
}

fn fields(bytes: &[u8]) -> Result<Vec<(String, String)>> {
    let malformed = || AppError::new(Kind::Malformed, "malformed-form", "The body is not a form.");
    std::str::from_utf8(bytes).map_err(|_| malformed())?;
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(bytes).map_err(|_| malformed())?;
    if fields.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Err(AppError::new(Kind::Invalid, "invalid-body", "A text holds the character U+0000."));
    }
    Ok(fields)
}

/// Reads urlencoded pairs; refusals name the field.
pub(crate) fn parse<T: DeserializeOwned>(encoded: &str) -> Result<T> {
    let reader = serde_urlencoded::Deserializer::new(form_pairs(encoded));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        wrong_field(&path, &error.into_inner().to_string())
    })
}

fn form_pairs(encoded: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(encoded.as_bytes())
}
