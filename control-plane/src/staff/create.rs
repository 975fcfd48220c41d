//! Making a member of staff.
use anyhow::{Context as _, Result, bail};
use hotelhub_identity::{Password, RecoveryCodes, StaffRole, Totp};
use hotelhub_kernel::MailAddress;
use serde_json::json;

use super::store::{self, Account};
use crate::App;
use crate::audit::{self, Actor};

/// What somebody new needs to sign in; nobody can ask for it again.
pub struct Created {
    /// The mail address.
    pub email: String,
    /// The password, given or made up.
    pub password: String,
    /// The authenticator's secret in base32.
    pub totp_secret: String,
    /// The authenticator's address for a QR code.
    pub totp_uri: String,
    /// Codes for who loses the authenticator.
    pub recovery_codes: Vec<String>,
}

/// Adds a member of staff with both factors in place. Without a password one is made up.
pub async fn create(app: &App, email: &str, name: &str, role: StaffRole, password: Option<String>) -> Result<Created> {
    let Some(address) = MailAddress::parse(email) else { bail!("{email} is no mail address") };
    let (email, name) = (String::from(address), name.trim().to_owned());
    if name.is_empty() {
        bail!("a member of staff has a name");
    }
    let password = password.unwrap_or_else(|| Password::invent(&app.entropy));
    let hash = Password::hash_for(&password, &[&email, &name], &app.entropy)?;
    let (totp, codes) = (Totp::new(&app.entropy), RecoveryCodes::mint(&app.entropy));
    let id = app.ids.next();
    let account = Account { id, email, name, role, password: hash, totp, totp_last_step: None };

    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if let Err(error) = store::insert(&mut tx, &account, &codes, now).await {
        if error.constraint() == Some("staff_email_unique") {
            bail!("{} is of the staff already", account.email);
        }
        return Err(error).context("the member of staff was not added");
    }
    let details = json!({ "email": account.email, "role": role.as_str() });
    audit::record(&mut tx, now, &Actor::Command, "staff.create", ("staff", &id.to_string()), None, details).await?;
    tx.commit().await?;
    Ok(Created {
        totp_secret: account.totp.expose_base32(),
        totp_uri: account.totp.uri("HotelHub", &account.email),
        email: account.email,
        password,
        recovery_codes: codes.expose().to_vec(),
    })
}
