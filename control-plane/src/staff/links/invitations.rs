//! Inviting somebody, and taking that back.
use hotelhub_identity::{LinkToken, StaffRole};
use hotelhub_kernel::MailAddress;
use hotelhub_web::{AppError, Kind, Lang, Result};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::letters::Invited;
use super::store::{self, Invitation};
use super::{LIFETIME, address};
use crate::App;
use crate::audit;
use crate::database::{DbError, Tx};
use crate::mails::{self, NewLetter};
use crate::staff::VendorStaff;
use crate::staff::members::Refusal;
use crate::staff::store::is_known;

/// Who shall be invited.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::staff) struct Invite {
    pub(in crate::staff) name: String,
    pub(in crate::staff) email: String,
    #[schema(value_type = String)]
    role: StaffRole,
}

impl Invite {
    /// The wish with a name of 1 to 120 characters and a lower-case mail address; 422 names what is wrong.
    fn read(self) -> Result<Self> {
        let name = self.name.trim().to_owned();
        let wrong =
            |field: &str, detail: &str| AppError::new(Kind::Invalid, "invalid-staff", detail).field(field, "wrong");
        if name.is_empty() || name.chars().count() > 120 {
            return Err(wrong("name", "A name has 1 to 120 characters."));
        }
        let email = MailAddress::parse(&self.email).filter(MailAddress::is_public);
        let email = email.ok_or_else(|| wrong("email", "This is no mail address."))?.into();
        Ok(Self { name, email, role: self.role })
    }
}

/// Invites somebody: the letter's link is good for one account. An earlier invitation of the address is withdrawn.
pub(in crate::staff) async fn invite(
    app: &App,
    tx: &mut Tx,
    by: &VendorStaff,
    wish: Invite,
    lang: Lang,
) -> Result<Invitation> {
    let Invite { name, email, role } = wish.read()?;
    if is_known(tx, &email).await? {
        return Err(Refusal::EmailTaken.into());
    }
    let now = app.clock.now();
    store::close_of(tx, &email, now).await?;
    let token = LinkToken::mint(&app.entropy);
    let invitation = Invitation { id: app.ids.next(), name, email, role, expires_at: now + LIFETIME };
    store::insert_invitation(tx, &invitation, &token.hash(), now).await?;
    let letter = Invited {
        name: invitation.name.clone(),
        by: by.name.clone(),
        link: address(app, &token),
        hours: LIFETIME.as_hours(),
    };
    let to = (&invitation.email, &invitation.name);
    let new = NewLetter { kind: "staff-invitation", to_address: to.0, to_name: to.1, lang, tenant: None };
    mails::enqueue(app, tx, &new, &letter, now).await?;
    let details = json!({ "email": invitation.email, "role": role.as_str() });
    let subject = invitation.id.to_string();
    audit::record(tx, now, &by.actor(), "staff.invite", ("staff_invitation", &subject), None, details).await?;
    Ok(invitation)
}

/// Takes an invitation back.
pub(in crate::staff) async fn withdraw(app: &App, by: &VendorStaff, id: Uuid) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let email = store::close_invitation(&mut tx, id, now).await?.ok_or(Refusal::NoInvitation)?;
    let (subject, details) = (id.to_string(), json!({ "email": email }));
    audit::record(&mut tx, now, &by.actor(), "staff.uninvite", ("staff_invitation", &subject), None, details).await?;
    tx.commit().await.map_err(DbError::from)?;
    Ok(())
}
