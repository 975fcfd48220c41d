//! Access tokens of the staff's scripts: made at the command line, shown once, kept as a hash, for so many days.
mod store;

use anyhow::{Result, bail};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use hotelhub_identity::{SessionToken, StaffRole};
use hotelhub_kernel::Key;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::VendorStaff;
use crate::App;
use crate::audit::{self, Actor};
use crate::database::DbError;

pub use store::Kept;

/// What a token begins with, so that people and scanners know one when they see it.
const PREFIX: &str = "hhs_";

/// A fresh token; nobody can ask for it again.
#[derive(Clone, Debug, Serialize)]
pub struct Minted {
    /// Its id.
    pub id: Uuid,
    /// What a script shows.
    pub token: String,
    /// When it is worth nothing.
    pub expires_at: Timestamp,
}

/// What marks the tokens of scripts.
fn key(app: &App) -> Key {
    app.secret.derive("staff-token")
}

/// Makes a token for the member of staff with this address. It may what both `role` and theirs may.
pub async fn mint(app: &App, email: &str, name: &str, role: Option<StaffRole>, days: u16) -> Result<Minted> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some((holder, theirs)) = store::holder(&mut tx, &email.trim().to_lowercase()).await? else {
        bail!("nobody of the staff who may sign in has the address {email}");
    };
    let (token, id, role) = (SessionToken::mint(&key(app), &app.entropy), app.ids.next(), role.unwrap_or(theirs));
    let expires_at = now + SignedDuration::from_hours(24 * i64::from(days.max(1)));
    let fresh = store::Fresh { id, holder, name: name.trim(), role, hash: token.hash(), now, expires_at };
    if let Err(error) = store::insert(&mut tx, &fresh).await {
        match error.constraint() {
            Some("staff_tokens_name_length") => bail!("a token has a name of 1 to 60 characters"),
            _ => return Err(error.into()),
        }
    }
    let details = json!({ "name": name.trim(), "role": role.as_str(), "holder": holder, "expires_at": expires_at });
    audit::record(&mut tx, now, &Actor::Command, "token.mint", ("staff_token", &id.to_string()), None, details).await?;
    tx.commit().await?;
    Ok(Minted { id, token: format!("{PREFIX}{}", token.as_cookie()), expires_at })
}

/// The tokens that are worth something now, the newest first.
pub async fn list(app: &App) -> Result<Vec<Kept>, DbError> {
    store::list(&app.db.durable, app.clock.now()).await
}

/// Makes a token worth nothing from now on; whether it was worth something.
pub async fn revoke(app: &App, id: Uuid) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !store::revoke(&mut tx, id, now).await? {
        return Ok(false);
    }
    let subject = id.to_string();
    audit::record(&mut tx, now, &Actor::Command, "token.revoke", ("staff_token", &subject), None, json!({})).await?;
    tx.commit().await?;
    Ok(true)
}

/// The token that a request shows, if it shows one of ours.
pub(super) fn shown(headers: &HeaderMap) -> Option<&str> {
    let shown = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    Some(shown.trim()).filter(|token| token.starts_with(PREFIX))
}

/// Whom a token acts for. One that was not marked here asks no database.
pub(super) async fn bearer(app: &App, text: &str) -> Result<Option<VendorStaff>, DbError> {
    let token = text.strip_prefix(PREFIX).and_then(|text| SessionToken::read(&key(app), text));
    let Some(token) = token else { return Ok(None) };
    let known = store::who(&app.db.durable, &token.hash(), app.clock.now()).await?;
    Ok(known.map(|known| VendorStaff {
        id: known.holder,
        name: format!("{} ({})", known.holder_name, known.name),
        email: known.email,
        role: known.role,
        limit: Some(known.limit),
        session_id: known.id,
    }))
}
