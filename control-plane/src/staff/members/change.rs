//! What those who look after the staff do to a member; each change is in the audit log.
use hotelhub_web::{Lang, Result};
use serde_json::json;
use uuid::Uuid;

use super::model::{Change, Refusal, Status};
use super::store::{self, Member};
use crate::App;
use crate::audit;
use crate::database::Tx;
use crate::staff::VendorStaff;
use crate::staff::links;

/// Changes role and status. Who may not sign in any more loses their sessions with it.
pub(super) async fn change(app: &App, tx: &mut Tx, by: &VendorStaff, id: Uuid, change: &Change) -> Result<Member> {
    let now = app.clock.now();
    let admins = store::lock_admins(tx).await?;
    let (before, _) = store::lock(tx, id).await?.ok_or(Refusal::Unknown)?;
    let after = before.changed(change, admins)?;
    if after != before {
        store::set(tx, id, after, now).await?;
        if after.status == Status::Disabled {
            store::end_sessions(tx, id, now).await?;
            links::withdraw_renewal(tx, id, now).await?;
        }
        let details = json!({
            "role": after.role.as_str(), "role_before": before.role.as_str(),
            "status": after.status.as_str(), "status_before": before.status.as_str(),
        });
        audit::record(tx, now, &by.actor(), "staff.change", ("staff", &id.to_string()), None, details).await?;
    }
    member(app, tx, id).await
}

/// Makes the old authenticator and the recovery codes worthless, ends the sessions, and sends the way to a new one.
pub(super) async fn reset_authenticator(
    app: &App,
    tx: &mut Tx,
    by: &VendorStaff,
    id: Uuid,
    lang: Lang,
) -> Result<Member> {
    let now = app.clock.now();
    let (standing, email) = store::lock(tx, id).await?.ok_or(Refusal::Unknown)?;
    if standing.status == Status::Disabled {
        return Err(Refusal::Disabled.into());
    }
    let before = member(app, tx, id).await?;
    let totp = links::renew(app, tx, id, (&email, &before.name), lang).await?;
    store::replace_authenticator(tx, id, &totp, now).await?;
    let ended = store::end_sessions(tx, id, now).await?;
    let details = json!({ "sessions_ended": ended });
    audit::record(tx, now, &by.actor(), "staff.authenticator_reset", ("staff", &id.to_string()), None, details).await?;
    member(app, tx, id).await
}

/// Ends every session of somebody.
pub(super) async fn end_sessions(app: &App, tx: &mut Tx, by: &VendorStaff, id: Uuid) -> Result<Member> {
    let now = app.clock.now();
    store::lock(tx, id).await?.ok_or(Refusal::Unknown)?;
    let ended = store::end_sessions(tx, id, now).await?;
    let details = json!({ "sessions_ended": ended });
    audit::record(tx, now, &by.actor(), "staff.sessions_end", ("staff", &id.to_string()), None, details).await?;
    member(app, tx, id).await
}

async fn member(app: &App, tx: &mut Tx, id: Uuid) -> Result<Member> {
    let found = store::list(tx, Some(id), app.clock.now()).await?.pop();
    Ok(found.ok_or(Refusal::Unknown)?)
}
