//! Jobs: rows in the tenant's own database, inserted with the change that causes them.
//!
//! A hint goes out before the commit, so it may be false but is never missing; a worker that gets it looks into that tenant's database,
//! claims what is due under a lease with a fence, and runs it. Nobody polls.
mod agenda;
mod hints;
mod job;
mod messenger;
mod registry;
mod store;
mod tally;
#[cfg(test)]
mod tests;
mod worker;

pub use hints::{Hint, Hints};
pub use job::{Job, Policy};
pub use messenger::carry_hints;
pub use registry::{Handler, Registry, Run};
pub(crate) use store::STATEMENTS;
pub use tally::Tally;
pub use worker::Worker;

use hotelhub_web::{AppError, Result};
use jiff::Timestamp;

use crate::tenancy::{Session, Tenant};

/// Inserts a job into the caller's transaction: it runs if that commits, and not otherwise.
pub async fn enqueue<J: Job>(session: &Session, tenant: &Tenant, job: &J) -> Result<()> {
    enqueue_at(session, tenant, job, tenant.clock().now()).await
}

/// [`enqueue`] for a job that is due at an instant, not before.
pub async fn enqueue_at<J: Job>(session: &Session, tenant: &Tenant, job: &J, due: Timestamp) -> Result<()> {
    let payload = serde_json::to_value(job).map_err(AppError::internal)?;
    let id = tenant.ids().next();
    store::insert::<J>(session, id, &payload, due, tenant.clock().now()).await?;
    tenant.node().hints.send(Hint { tenant: tenant.id(), job: id, due });
    Ok(())
}
