//! The job that sends a letter.
use std::time::Duration;

use anyhow::anyhow;
use hotelhub_kernel::Backoff;
use hotelhub_mail::{Mailer, NotSent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store;
use crate::queue::{Handler, Job, Policy, Run};

/// Sends one kept letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendLetter {
    /// Which.
    pub letter: Uuid,
}

impl Job for SendLetter {
    const NAME: &'static str = "send-letter";
    /// A program of version 1 reads no sealed letter.
    const VERSION: i16 = 2;
    const POLICY: Policy = Policy {
        queue: "mail",
        tries: 3,
        limit: Duration::from_secs(30),
        // A server that has never heard of us has us come again after some minutes.
        backoff: Backoff { base: Duration::from_secs(300), ceiling: Duration::from_secs(3_600) },
    };
}

/// Sends letters by this mailer.
pub fn send_letters(mailer: Mailer) -> Handler {
    let send = move |run: Run, job: SendLetter| {
        let mailer = mailer.clone();
        async move { send(&mailer, &run, job.letter).await }
    };
    Handler::of(send).or_else(async |run: Run, job: SendLetter, reason: String| {
        Ok(store::mark_failed(&*connect(&run).await?, job.letter, &reason).await?)
    })
}

/// A letter that went out and whose row was not marked goes again, under the same Message-ID: the reader's mailbox sees one.
async fn send(mailer: &Mailer, run: &Run, id: Uuid) -> anyhow::Result<()> {
    let tenant = &run.tenant;
    let Some(letter) = store::queued(&*connect(run).await?, tenant, id).await? else { return Ok(()) };
    match mailer.send(&letter).await {
        Ok(()) => Ok(store::mark_sent(&*connect(run).await?, id, tenant.clock().now()).await?),
        Err(NotSent::Permanent(reason)) => {
            tracing::warn!(tenant.slug = %tenant.slug(), letter.id = %id, reason, "a letter cannot be delivered");
            Ok(store::mark_failed(&*connect(run).await?, id, &reason).await?)
        }
        Err(NotSent::Transient(reason)) => Err(anyhow!("the mail server did not take the letter: {reason}")),
    }
}

/// Borrowed anew around the sending: no connection waits for a mail server.
async fn connect(run: &Run) -> anyhow::Result<crate::tenancy::TenantConn> {
    run.tenant.connect().await.map_err(|refused| anyhow!("no connection: {}", refused.code()))
}
