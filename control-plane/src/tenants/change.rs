//! Changes of a tenant's life: rule, row, audit line and feed in one transaction.
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_web::Result;
use jiff::{SignedDuration, Timestamp};

use super::store::{self, Detail};
use super::{Change, Deletion, Life, Refusal, Status, reaper};
use crate::App;
use crate::audit;
use crate::database::{DbError, Tx};
use crate::fleet::feed;
use crate::staff::{Act, VendorStaff};
use crate::wakes::Wake;

/// A change of a tenant's life; nodes hear of it at once. What it is already stays as it is.
pub(super) struct Changed(pub(super) TenantId, pub(super) Change);

impl Act for Changed {
    type Told = Detail;
    const WAKES: &'static [Wake] = &[Wake::Routes];

    fn needs(&self) -> StaffPermission {
        self.1.needs()
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Detail> {
        let (Self(tenant, change), now) = (self, app.clock.now());
        let held = store::hold(tx, tenant).await?.ok_or(Refusal::Unknown)?;
        if let Change::Delete { slug, .. } = &change {
            if *slug != held.slug {
                return Err(Refusal::OtherName.into());
            }
            if held.being_made {
                return Err(Refusal::BeingMade.into());
            }
        }
        let after = held.life.after(&change, now, grace(app))?;
        if after != held.life {
            store::put(tx, tenant, &after).await?;
            let (action, details) = change.noted();
            let subject = tenant.to_string();
            audit::record(tx, now, &staff.actor(), action, ("tenant", &subject), Some(tenant), details).await?;
            feed::publish_tenant(tx, tenant, now).await?;
        }
        Ok(store::detail(tx, tenant).await?.ok_or(Refusal::Unknown)?)
    }
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

/// Lets a tenant go that never came to be: nobody was ever served, and its name is free at once. Staff may have deleted it before.
pub(crate) async fn abandon(tx: &mut Tx, tenant: TenantId, why: &str, now: Timestamp) -> Result<(), DbError> {
    let Some(held) = store::hold(tx, tenant).await? else { return Ok(()) };
    if held.life.deletion.is_none() {
        let deletion = Deletion { from: held.life.status, reason: why.to_owned(), drop_after: now };
        let over = Life { status: Status::Churned, since: now, deletion: Some(deletion), ..held.life };
        store::put(tx, tenant, &over).await?;
    }
    reaper::release(tx, tenant, now).await
}
