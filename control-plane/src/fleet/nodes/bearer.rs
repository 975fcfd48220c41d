//! Who knocks at a node's door.
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use hotelhub_kernel::sha256;
use hotelhub_protocol::{Role, VERSION, VERSION_HEADER};
use hotelhub_web::{AppError, Kind};
use subtle::ConstantTimeEq;

use super::store;
use crate::App;

/// A node that showed its token.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Its name.
    pub(crate) name: String,
    /// What it was enrolled for.
    pub(crate) roles: Vec<Role>,
}

impl Caller {
    /// Refuses a node that was not enrolled for this role.
    pub(crate) fn must_be(&self, role: Role) -> Result<(), AppError> {
        if self.roles.contains(&role) {
            return Ok(());
        }
        Err(AppError::new(Kind::Forbidden, "role-missing", "This node was not enrolled for that role."))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        speaks_our_version(&parts.headers)?;
        let unknown = || AppError::new(Kind::Unauthenticated, "unknown-node", "No node has this token.");
        let token = bearer(&parts.headers).ok_or_else(unknown)?;
        let (name, _) = token.split_once('.').ok_or_else(unknown)?;
        let node = store::credentials(&app.db.relaxed, name).await?.ok_or_else(unknown)?;
        if !bool::from(sha256(token.as_bytes()).as_slice().ct_eq(&node.token_hash)) {
            return Err(unknown());
        }
        Ok(Self { name: name.to_owned(), roles: node.roles })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

fn speaks_our_version(headers: &HeaderMap) -> Result<(), AppError> {
    let spoken = headers.get(VERSION_HEADER).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    if spoken == Some(VERSION) {
        return Ok(());
    }
    let detail = format!("This control plane speaks version {VERSION}: send the header {VERSION_HEADER}: {VERSION}.");
    Err(AppError::new(Kind::Malformed, "protocol-version", detail))
}
