//! What happens to a reservation when nobody does anything.
use std::time::Duration;

use hotelhub_kernel::Backoff;
use hotelhub_web::Result;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::counting::release_expired_holds;
use super::store;
use crate::queue::{self, Handler, Job, Policy, Run};
use crate::tenancy::{Session, Tenant};

/// Lets go the holds whose time ran out, at most 200. Due when the holds of a booking end, and again a second later where one is left that
/// somebody had in hand just then.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ReleaseExpiredHolds {}

impl Job for ReleaseExpiredHolds {
    const NAME: &'static str = "release-expired-holds";
    const POLICY: Policy = Policy {
        queue: "default",
        tries: 10,
        limit: Duration::from_secs(30),
        backoff: Backoff { base: Duration::from_secs(1), ceiling: Duration::from_secs(60) },
    };
}

/// Releases holds as their time runs out.
pub fn release_holds() -> Handler {
    Handler::of(async |run: Run, _: ReleaseExpiredHolds| Ok(release(&run.tenant).await?))
}

async fn release(tenant: &Tenant) -> Result<()> {
    let tx = tenant.begin().await?;
    let outcome = release_all(&tx, tenant).await;
    tx.settle(outcome).await
}

async fn release_all(db: &Session, tenant: &Tenant) -> Result<()> {
    release_expired_holds(db, tenant).await?;
    let now = tenant.clock().now();
    if store::is_any_overdue(db, now).await? {
        queue::enqueue_at(db, tenant, &ReleaseExpiredHolds {}, now + SignedDuration::from_secs(1)).await?;
    }
    Ok(())
}
