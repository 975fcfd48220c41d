//! What a link is used for: the first account of somebody invited, or a new authenticator of somebody known.
use hotelhub_identity::{LinkToken, RecoveryCodes, SessionToken, Totp};
use hotelhub_web::{AppError, Kind, Result};
use serde::Deserialize;
use serde_json::json;

use super::store::{self, Addressee};
use crate::App;
use crate::audit;
use crate::database::{DbError, Tx};
use crate::staff::VendorStaff;
use crate::staff::members::Refusal;
use crate::staff::sign_in::{self, Visitor};
use crate::staff::store::{self as accounts, Account};

/// What is entered on a link's page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entered {
    /// The password: a new one of somebody invited, the known one of one of the staff.
    pub(super) password: String,
    /// What the new authenticator shows.
    pub(super) code: String,
}

/// What somebody has who used a link: recovery codes to keep, and a session.
pub(super) struct Equipped {
    pub(super) codes: RecoveryCodes,
    pub(super) token: SessionToken,
}

/// Used, withdrawn, too old or never given out: all look the same.
pub(super) fn spent() -> AppError {
    AppError::new(Kind::Gone, "link-spent", "This link has been used or is too old. Ask for a new one.")
}

/// Whom a link is for, if it would work now.
pub(super) async fn addressee(app: &App, token: &LinkToken) -> Result<Addressee> {
    let mut tx = app.db.begin().await?;
    store::lock(&mut tx, &token.hash(), app.clock.now()).await?.ok_or_else(spent)
}

/// Uses a link up: the authenticator is shown to work, the password is chosen or known, and the bearer is signed in.
pub(super) async fn equip(app: &App, visitor: &Visitor, token: &LinkToken, entered: Entered) -> Result<Equipped> {
    let known = addressee(app, token).await?;
    let totp = super::authenticator(app, token)?;
    let step = totp.accepts(&entered.code, app.clock.now(), None).ok_or_else(wrong_code)?;
    let about = [known.email.clone(), known.name.clone()];
    let password = match known.staff {
        None => Some(app.staff.hash(entered.password, about, &app.entropy).await?),
        Some(_) => {
            sign_in::knows_password(app, &known.email, visitor, entered.password).await?;
            None
        }
    };
    let mut tx = app.db.begin().await?;
    let still = store::lock(&mut tx, &token.hash(), app.clock.now()).await?.filter(|still| *still == known);
    let known = still.ok_or_else(spent)?;
    let codes = RecoveryCodes::mint(&app.entropy);
    let staff = match password {
        Some(password) => joined(app, &mut tx, &known, (password, totp, step), &codes).await?,
        None => renewed(app, &mut tx, &known, step, &codes).await?,
    };
    store::close(&mut tx, known.link, app.clock.now()).await?;
    sign_in::open(app, &mut tx, visitor, &staff, "link").await?;
    tx.commit().await.map_err(DbError::from)?;
    Ok(Equipped { codes, token: sign_in::token(app, staff.session_id) })
}

fn wrong_code() -> AppError {
    AppError::new(Kind::Invalid, "wrong-code", "The code is wrong or was used before.").field("code", "wrong")
}

/// Somebody invited becomes one of the staff.
async fn joined(
    app: &App,
    tx: &mut Tx,
    known: &Addressee,
    (password, totp, step): (hotelhub_identity::PasswordHash, Totp, i64),
    codes: &RecoveryCodes,
) -> Result<VendorStaff> {
    let (id, now) = (app.ids.next(), app.clock.now());
    let Addressee { name, email, role, .. } = known.clone();
    let account =
        Account { id, email: email.clone(), name: name.clone(), role, password, totp, totp_last_step: Some(step) };
    if let Err(error) = accounts::insert(tx, &account, codes, now).await {
        let taken = error.constraint() == Some("staff_email_unique");
        return Err(if taken { Refusal::EmailTaken.into() } else { error.into() });
    }
    let staff = VendorStaff { id, name, email, role, limit: None, session_id: app.ids.next() };
    let details = json!({ "email": staff.email, "role": role.as_str() });
    audit::record(tx, now, &staff.actor(), "staff.join", ("staff", &id.to_string()), None, details).await?;
    Ok(staff)
}

/// One of the staff has a working authenticator again.
async fn renewed(app: &App, tx: &mut Tx, known: &Addressee, step: i64, codes: &RecoveryCodes) -> Result<VendorStaff> {
    let (id, now) = (known.staff.ok_or_else(spent)?, app.clock.now());
    if !accounts::spend_step(tx, id, step).await? {
        return Err(wrong_code());
    }
    accounts::replace_codes(tx, id, codes).await?;
    let Addressee { name, email, role, .. } = known.clone();
    let staff = VendorStaff { id, name, email, role, limit: None, session_id: app.ids.next() };
    audit::record(tx, now, &staff.actor(), "staff.authenticator_set", ("staff", &id.to_string()), None, json!({}))
        .await?;
    Ok(staff)
}
