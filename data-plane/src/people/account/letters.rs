//! The letter whose link confirms an address.
use hotelhub_web::Letter;
use hotelhub_web::Result;
use serde::Serialize;

use crate::notify;
use crate::people::links::{self, Purpose};
use crate::people::users::Account;
use crate::tenancy::{Session, Tenant};

/// Brings the link that confirms an address.
#[derive(Serialize)]
pub(crate) struct ConfirmEmail {
    name: String,
    hotel: String,
    link: String,
}

impl Letter for ConfirmEmail {
    const TEMPLATE: &'static str = "people/letters/confirm-email";

    fn sample() -> Self {
        Self {
            name: "Wayan Suarti".into(),
            hotel: "Hotel Melati".into(),
            link: "https://melati.hotelhub.id/email/confirm/4Zk0".into(),
        }
    }
}

/// Writes to somebody whose address is not confirmed; links of earlier letters are withdrawn.
pub(super) async fn send(session: &Session, tenant: &Tenant, account: &Account) -> Result<()> {
    links::withdraw(session, tenant, account.id, Purpose::Email).await?;
    let token = links::issue(session, tenant, account.id, Purpose::Email).await?;
    let letter = ConfirmEmail {
        name: account.name.clone(),
        hotel: tenant.name().to_owned(),
        link: format!("{}/email/confirm/{}", tenant.origin(), token.as_text()),
    };
    let (subject, text, html) = tenant.node().templates.letter(account.lang, tenant.name(), &letter)?;
    let (to_address, to_name) = (account.email.as_str(), account.name.as_str());
    let letter =
        notify::Letter { kind: "confirm-email", to_address, to_name, subject: &subject, text: &text, html: &html };
    notify::letter(session, tenant, letter).await?;
    Ok(())
}
