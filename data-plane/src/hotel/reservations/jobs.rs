//! What happens to a reservation when nobody does anything.
use std::time::Duration;

use hotelhub_kernel::Backoff;
use hotelhub_web::Result;
use serde::{Deserialize, Serialize};

use super::counting::release_expired_holds;
use crate::queue::{Handler, Job, Policy, Run};
use crate::tenancy::Tenant;

/// Lets go the holds whose time ran out, at most 200. Due when the holds of a booking end: as there is one for every booking, and a
/// booking has fewer rooms, none is left.
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
    let outcome = release_expired_holds(&tx, tenant).await;
    tx.settle(outcome).await.map(drop)
}
