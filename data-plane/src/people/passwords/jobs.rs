//! The job behind "forgot your password?".
use std::time::Duration;

use hotelhub_kernel::Backoff;
use hotelhub_web::Result;
use serde::{Deserialize, Serialize};

use super::letters::send_link;
use crate::people::model::Email;
use crate::people::users::{self, Status};
use crate::queue::{Job, Policy};
use crate::tenancy::Tenant;

/// Looks whether an address is somebody's, and if so writes there. The request itself does not look: known and unknown addresses
/// take the same time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendPasswordLink {
    /// The address that was typed.
    pub email: String,
}

impl Job for SendPasswordLink {
    const NAME: &'static str = "send-password-link";
    const POLICY: Policy = Policy {
        queue: "mail",
        tries: 10,
        limit: Duration::from_secs(30),
        backoff: Backoff { base: Duration::from_secs(5), ceiling: Duration::from_secs(300) },
    };
}

/// Carries it out; run twice it sends a second letter, whose link alone works.
pub(crate) async fn send_password_link(tenant: &Tenant, job: &SendPasswordLink) -> Result<()> {
    let Some(email) = Email::parse(&job.email) else { return Ok(()) };
    let tx = tenant.begin().await?;
    let outcome = async {
        match users::by_email(&tx, &email).await? {
            Some(account) if account.status == Status::Active => send_link(&tx, tenant, &account).await,
            _ => Ok(()),
        }
    };
    let outcome = outcome.await;
    tx.settle(outcome).await
}
