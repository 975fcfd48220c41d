//! One's own account: its pages, and the letter that confirms its address.
mod letters;
mod pages;
mod view;

#[cfg(test)]
pub(crate) use letters::ConfirmEmail;
pub(crate) use pages::pages;
#[cfg(test)]
pub(crate) use view::AccountPage;

use hotelhub_web::{AppError, Kind, Result};
use serde_json::json;

use crate::audit;
use crate::people::model::Email;
use crate::people::sessions::{Staff, Visitor};
use crate::people::{passwords, users};
use crate::tenancy::Tenant;

/// Changes one's own mail address, proven by the password. It is unconfirmed until its letter's button is pressed; other sessions end.
async fn change_email(tenant: &Tenant, staff: &Staff, visitor: &Visitor, wish: &str, password: &str) -> Result<()> {
    let wrong =
        || AppError::new(Kind::Invalid, "email", "This is no mail address.").field("email", "is no mail address");
    let email = Email::parse(wish).ok_or_else(wrong)?;
    passwords::demand(tenant, staff, visitor, password).await?;
    let tx = tenant.begin().await?;
    let outcome = async {
        let before = users::lock(&tx, staff.user_id).await?.ok_or_else(users::unknown)?;
        users::set_email(&tx, staff.user_id, &email, tenant.clock().now()).await??;
        passwords::after_change(&tx, tenant, staff.user_id, Some(staff.session_id)).await?;
        let details = json!({ "before": before.email, "after": email.as_str() });
        audit::record(&tx, tenant, &staff.actor(), "email.change", ("user", staff.user_id), details).await?;
        let account = users::by_id(&tx, staff.user_id).await?.ok_or_else(users::unknown)?;
        letters::send(&tx, tenant, &account).await
    };
    let outcome = outcome.await;
    tx.settle(outcome).await
}
