//! Changes of a tenant's life: rule, row, audit line and feed in one transaction.
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hotelhub_kernel::TenantId;
use hotelhub_web::{RequestKey, Result};
use jiff::{SignedDuration, Timestamp};

use super::store::{self, Detail};
use super::{Change, Life, Refusal, Status};
use crate::App;
use crate::audit;
use crate::database::{DbError, Tx};
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
    let after = held.life.after(change, now, grace(app))?;
    if after != held.life {
        store::put(tx, tenant, &after).await?;
        let (action, details) = change.noted();
        let subject = tenant.to_string();
        audit::record(tx, now, &staff.actor(), action, ("tenant", &subject), Some(tenant), details).await?;
        feed::publish_tenant(tx, tenant, now).await?;
    }
    Ok(store::detail(tx, tenant).await?.ok_or(Refusal::Unknown)?)
}

fn grace(app: &App) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(app.settings.tenant_grace_days))
}

/// Until when a database is kept that nobody is served from since `now`.
pub(crate) fn grace_from(app: &App, now: Timestamp) -> Timestamp {
    now.checked_add(grace(app)).unwrap_or(Timestamp::MAX)
}

/// Holds a tenant until the transaction ends; whether there is such a one, or was.
pub(crate) async fn is_known(tx: &mut Tx, tenant: TenantId) -> Result<bool, DbError> {
    Ok(store::hold(tx, tenant).await?.is_some())
}

/// Holds a tenant until the transaction ends; whether it is there and not deleted.
pub(crate) async fn hold_served(tx: &mut Tx, tenant: TenantId) -> Result<bool, DbError> {
    Ok(store::hold(tx, tenant).await?.is_some_and(|held| held.life.status != Status::Churned))
}

/// Closes a tenant while its data are worked on; whether it was open. Its routes are the caller's to move.
pub(crate) async fn close_for_work(tx: &mut Tx, tenant: TenantId, text: &str, now: Timestamp) -> Result<bool> {
    let held = store::hold(tx, tenant).await?.ok_or(Refusal::Unknown)?;
    if held.life.maintenance.is_some() {
        return Ok(false);
    }
    let closed =
        held.life.after(&Change::Maintain { text: text.to_owned(), until: None }, now, SignedDuration::ZERO)?;
    store::put(tx, tenant, &closed).await?;
    Ok(true)
}

/// Ends that, whatever it is called by now. Its routes are the caller's to move.
pub(crate) async fn open_again(tx: &mut Tx, tenant: TenantId) -> Result<(), DbError> {
    let Some(held) = store::hold(tx, tenant).await? else { return Ok(()) };
    store::put(tx, tenant, &Life { maintenance: None, ..held.life }).await
}
