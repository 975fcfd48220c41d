//! Signing in: throttle, password, second factor, and then a session.
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use hotelhub_identity::{RecoveryCodes, SessionToken};
use hotelhub_kernel::Key;
use hotelhub_web::{AppError, ClientAddress, Kind, Result};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::VendorStaff;
use super::store::{self, Account};
use crate::App;
use crate::audit;
use crate::database::Tx;

/// What somebody brings who wants in.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    pub(super) email: String,
    pub(super) password: String,
    /// The authenticator's code or a recovery code. Nobody gets in without.
    #[serde(default)]
    pub(super) code: String,
}

/// Where a request came from and what sent it.
pub(super) struct Visitor {
    pub(super) address: IpAddr,
    agent: String,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, app).await?;
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self { address, agent: agent.chars().take(200).collect() })
    }
}

/// What marks the session tokens of staff.
pub(super) fn session_key(app: &App) -> Key {
    app.secret.derive("staff-session")
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// No such account, or the password is wrong: both look the same.
    WrongCredentials,
    /// The password is right; there is no code.
    CodeNeeded,
    /// The password is right; the code is wrong or was used before.
    WrongCode,
}

impl From<Refused> for AppError {
    fn from(refused: Refused) -> Self {
        let (code, detail) = match refused {
            Refused::WrongCredentials => ("wrong-credentials", "The mail address or the password is wrong."),
            Refused::CodeNeeded => ("code-needed", "Staff sign in with a code of their authenticator, too."),
            Refused::WrongCode => ("wrong-code", "The code is wrong or was used before."),
        };
        Self::new(Kind::Unauthenticated, code, detail)
    }
}

/// What an account brought besides its password, not yet used up.
enum Proof {
    Step(i64),
    Recovery([u8; 32]),
}

/// Somebody who knew the password; the code is not yet used up.
pub(super) struct Proven {
    account: Account,
    proof: Proof,
}

impl Proven {
    /// The account's mail address.
    pub(super) fn email(&self) -> &str {
        &self.account.email
    }
}

/// The token of a session: derived from its id, so that a repeated sign-in is told the same and no table holds it.
pub(super) fn token(app: &App, session: Uuid) -> SessionToken {
    SessionToken::derived(&session_key(app), session.as_bytes())
}

/// Lets somebody in by password and second factor, and answers the token of the new session.
pub(super) async fn sign_in(app: &App, visitor: &Visitor, wish: SignIn) -> Result<SessionToken> {
    app.staff.admit_address(visitor.address).await?;
    let proven = prove(app, wish).await?;
    let email = proven.email().to_owned();
    let mut tx = app.db.begin().await?;
    let staff = enter(app, &mut tx, visitor, proven).await?;
    tx.commit().await.map_err(crate::database::DbError::from)?;
    app.staff.forgive(&email).await;
    Ok(token(app, staff.session_id))
}

/// Checks the password and looks at the code.
pub(super) async fn prove(app: &App, wish: SignIn) -> Result<Proven> {
    let email = wish.email.trim().to_lowercase();
    app.staff.admit_account(&email).await?;
    let found = store::by_email(&app.db.durable, &email).await?;
    let hash = found.as_ref().map(|account| account.password.clone());
    let right = app.staff.matches(wish.password, hash).await?;
    let account = found.filter(|_| right).ok_or(Refused::WrongCredentials)?;
    let proof = check(app, &account, wish.code.trim())?;
    Ok(Proven { account, proof })
}

fn check(app: &App, account: &Account, code: &str) -> Result<Proof, Refused> {
    if code.is_empty() {
        return Err(Refused::CodeNeeded);
    }
    match account.totp.accepts(code, app.clock.now(), account.totp_last_step) {
        Some(step) => Ok(Proof::Step(step)),
        None => RecoveryCodes::hash(code).map(Proof::Recovery).ok_or(Refused::WrongCode),
    }
}

/// Uses the code up and opens a session.
pub(super) async fn enter(app: &App, tx: &mut Tx, visitor: &Visitor, proven: Proven) -> Result<VendorStaff> {
    let Proven { account, proof } = proven;
    let now = app.clock.now();
    let (good, by) = match proof {
        Proof::Step(step) => (store::spend_step(tx, account.id, step).await?, "code"),
        Proof::Recovery(hash) => (store::spend_recovery(tx, account.id, &hash, now).await?, "recovery code"),
    };
    if !good {
        return Err(Refused::WrongCode.into());
    }
    let Account { id, name, email, role, .. } = account;
    let staff = VendorStaff { id, name, email, role, limit: None, session_id: app.ids.next() };
    open(app, tx, visitor, &staff, by).await?;
    Ok(staff)
}

/// Opens the session of somebody whose factors were both shown.
pub(super) async fn open(app: &App, tx: &mut Tx, visitor: &Visitor, staff: &VendorStaff, by: &str) -> Result<()> {
    let (now, session) = (app.clock.now(), staff.session_id);
    let from = visitor.address.to_string();
    store::open(tx, (session, staff.id), &token(app, session).hash(), (&from, &visitor.agent), now).await?;
    let details = json!({ "by": by });
    audit::record(tx, now, &staff.actor(), "session.open", ("session", &session.to_string()), None, details).await?;
    Ok(())
}

/// Ends one of somebody's own sessions; whether there was one.
pub(super) async fn end(app: &App, staff: &VendorStaff, id: Uuid) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let ended = store::revoke(&mut tx, id, staff.id, now).await?;
    if ended {
        audit::record(&mut tx, now, &staff.actor(), "session.end", ("session", &id.to_string()), None, json!({}))
            .await?;
    }
    tx.commit().await.map_err(crate::database::DbError::from)?;
    Ok(ended)
}

/// Refuses who does not know the password of the account: 403 `wrong-password`, and 429 after too many tries.
pub(super) async fn knows_password(app: &App, email: &str, visitor: &Visitor, text: String) -> Result<()> {
    app.staff.admit_address(visitor.address).await?;
    app.staff.admit_account(email).await?;
    let account = store::by_email(&app.db.durable, email).await?;
    if !app.staff.matches(text, account.map(|account| account.password)).await? {
        let wrong = AppError::new(Kind::Forbidden, "wrong-password", "The password is wrong.");
        return Err(wrong.field("current", "wrong"));
    }
    app.staff.forgive(email).await;
    Ok(())
}

/// Gives somebody who knows the password new recovery codes; the former are worthless.
pub(super) async fn renew_codes(
    app: &App,
    staff: &VendorStaff,
    visitor: &Visitor,
    password: String,
) -> Result<RecoveryCodes> {
    knows_password(app, &staff.email, visitor, password).await?;
    let codes = RecoveryCodes::mint(&app.entropy);
    let mut tx = app.db.begin().await?;
    store::replace_codes(&mut tx, staff.id, &codes).await?;
    let subject = staff.id.to_string();
    let by = &staff.actor();
    audit::record(&mut tx, app.clock.now(), by, "recovery_codes.renew", ("staff", &subject), None, json!({})).await?;
    tx.commit().await.map_err(crate::database::DbError::from)?;
    Ok(codes)
}

/// Changes one's own password: every other session ends, this one gets a fresh token.
pub(super) async fn change_password(
    app: &App,
    staff: &VendorStaff,
    visitor: &Visitor,
    (current, new): (String, String),
) -> Result<SessionToken> {
    knows_password(app, &staff.email, visitor, current).await?;
    let hash = app.staff.hash(new, [staff.email.clone(), staff.name.clone()], &app.entropy).await?;
    let (now, token) = (app.clock.now(), SessionToken::mint(&session_key(app), &app.entropy));
    let mut tx = app.db.begin().await?;
    store::set_password(&mut tx, staff.id, &hash, staff.session_id, now).await?;
    store::rotate(&mut tx, staff.session_id, &token.hash()).await?;
    let subject = staff.id.to_string();
    audit::record(&mut tx, now, &staff.actor(), "password.set", ("staff", &subject), None, json!({})).await?;
    tx.commit().await.map_err(crate::database::DbError::from)?;
    Ok(token)
}
