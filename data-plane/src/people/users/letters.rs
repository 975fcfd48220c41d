//! The letter to somebody new.
use hotelhub_identity::LinkToken;
use hotelhub_web::Letter;
use hotelhub_web::Result;
use serde::Serialize;

use super::Newcomer;
use crate::notify;
use crate::people::sessions::Staff;
use crate::tenancy::{Session, Tenant};

/// Invites somebody to choose a password.
#[derive(Serialize)]
pub(crate) struct Invitation {
    name: String,
    hotel: String,
    by: String,
    link: String,
}

impl Letter for Invitation {
    const TEMPLATE: &'static str = "people/letters/invitation";

    fn sample() -> Self {
        Self {
            name: "Wayan Suarti".into(),
            hotel: "Hotel Melati".into(),
            by: "Ratna Dewi".into(),
            link: "https://melati.hotelhub.id/password/reset/4Zk0".into(),
        }
    }
}

/// Writes to somebody new, in their language.
pub(super) async fn invite(
    session: &Session,
    tenant: &Tenant,
    by: &Staff,
    new: &Newcomer,
    token: &LinkToken,
) -> Result<()> {
    let letter = Invitation {
        name: new.name.clone(),
        hotel: tenant.name().to_owned(),
        by: by.name.clone(),
        link: format!("{}/password/reset/{}", tenant.origin(), token.as_text()),
    };
    let (subject, text, html) = tenant.node().templates.letter(new.lang, tenant.name(), &letter)?;
    let (to_address, to_name) = (new.email.as_str(), new.name.as_str());
    let letter =
        notify::Letter { kind: "invitation", to_address, to_name, subject: &subject, text: &text, html: &html };
    notify::letter(session, tenant, letter).await?;
    Ok(())
}
