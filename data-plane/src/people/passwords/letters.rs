//! The letter to who forgot a password.
use hotelhub_web::Letter;
use hotelhub_web::Result;
use serde::Serialize;

use crate::notify;
use crate::people::links::{self, Purpose};
use crate::people::users::Account;
use crate::tenancy::{Session, Tenant};

/// Brings the link to a new password.
#[derive(Serialize)]
pub(crate) struct NewPasswordLetter {
    name: String,
    hotel: String,
    link: String,
}

impl Letter for NewPasswordLetter {
    const TEMPLATE: &'static str = "people/letters/new-password";

    fn sample() -> Self {
        Self {
            name: "Wayan Suarti".into(),
            hotel: "Hotel Melati".into(),
            link: "https://melati.hotelhub.id/password/reset/4Zk0".into(),
        }
    }
}

/// Writes to somebody who forgot a password; links of earlier letters are withdrawn.
pub(super) async fn send_link(session: &Session, tenant: &Tenant, account: &Account) -> Result<()> {
    links::withdraw(session, tenant, account.id, Purpose::Password).await?;
    let token = links::issue(session, tenant, account.id, Purpose::Password).await?;
    let letter = NewPasswordLetter {
        name: account.name.clone(),
        hotel: tenant.name().to_owned(),
        link: format!("{}/password/reset/{}", tenant.origin(), token.as_text()),
    };
    let (subject, text, html) = tenant.node().templates.letter(account.lang, tenant.name(), &letter)?;
    let (to_address, to_name) = (account.email.as_str(), account.name.as_str());
    let letter =
        notify::Letter { kind: "new-password", to_address, to_name, subject: &subject, text: &text, html: &html };
    notify::letter(session, tenant, letter).await?;
    Ok(())
}
