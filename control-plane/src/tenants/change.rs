//! Changes of a tenant's life: rule, row, audit line and feed in one transaction.
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hotelhub_kernel::TenantId;
use hotelhub_web::{RequestKey, Result};
use jiff::SignedDuration;

use super::store::{self, Detail};
use super::{Change, Refusal};
use crate::App;
use crate::audit;
use crate::database::Tx;
use crate::fleet::feed;
use crate::once::{self, Begun};
use crate::staff::VendorStaff;
use crate::wakes::Wake;

/// Whether something is done or only said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Done, once for each key.
    ForGood,
    /// Done and undone: the answer is what it would have been.
    DryRun,
}

/// Changes a tenant's life; nodes hear of it at once. What it is already stays as it is.
pub(super) async fn set(
    app: &App,
    staff: &VendorStaff,
    tenant: TenantId,
    change: &Change,
    (key, mode): (&RequestKey, Mode),
) -> Result<Response> {
    staff.may(change.needs())?;
    if mode == Mode::DryRun {
        let mut tx = app.db.begin().await?;
        return Ok(Json(changed(app, &mut tx, staff, tenant, change).await?).into_response());
    }
    let mut tx = match once::begin(app, &staff.scope(), key).await? {
        Begun::Answered(kept) => return Ok(kept.into()),
        Begun::Fresh(tx) => tx,
    };
    let outcome = changed(app, &mut tx, staff, tenant, change).await;
    let answer = tx.answer(StatusCode::OK, outcome).await?;
    app.wakes.wake(Wake::Routes);
    Ok(answer)
}

/// The tenant after the change; who did it is noted, and the feed moves.
async fn changed(app: &App, tx: &mut Tx, staff: &VendorStaff, tenant: TenantId, change: &Change) -> Result<Detail> {
    let now = app.clock.now();
    let held = store::hold(tx, tenant).await?.ok_or(Refusal::Unknown)?;
    if let Change::Delete { slug, .. } = change {
        if *slug != held.slug {
            return Err(Refusal::OtherName.into());
        }
        if held.being_made {
            return Err(Refusal::BeingMade.into());
        }
    }
    let grace = SignedDuration::from_hours(24 * i64::from(app.settings.tenant_grace_days));
    let after = held.life.after(change, now, grace)?;
    if after != held.life {
        store::put(tx, tenant, &after).await?;
        let (action, details) = change.noted();
        let subject = tenant.to_string();
        audit::record(tx, now, &staff.actor(), action, ("tenant", &subject), Some(tenant), details).await?;
        feed::publish_tenant(tx, tenant, now).await?;
    }
    Ok(store::detail(tx, tenant).await?.ok_or(Refusal::Unknown)?)
}
