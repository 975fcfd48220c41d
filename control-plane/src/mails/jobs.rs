//! The sender.
use std::time::Duration;

use futures_util::future::join_all;
use hotelhub_kernel::Backoff;
use hotelhub_mail::{Mailer, NotSent};
use jiff::SignedDuration;

use super::store::{self, Claimed, Settled};
use crate::App;
use crate::database::DbError;

/// How long a sender may keep a letter without a word.
const LEASE: SignedDuration = SignedDuration::from_secs(120);

/// Letters sent at the same time.
const BATCH: i64 = 10;

/// How often a letter is tried: for half a day at least, for a day at most.
const ATTEMPTS: i16 = 35;

const PAUSES: Backoff = Backoff { base: Duration::from_secs(2), ceiling: Duration::from_secs(3_600) };

/// Sends what is due, a batch at a time; how many letters were taken by the server. Safe from several places.
pub async fn send_due(app: &App, mailer: &Mailer) -> Result<usize, DbError> {
    let mut sent = 0;
    while !app.stopping() {
        let now = app.clock.now();
        let letters = store::claim(&app.db.relaxed, BATCH, now, now + LEASE).await?;
        if letters.is_empty() {
            break;
        }
        let sending = letters.into_iter().map(|claimed| send(app, mailer, claimed));
        for outcome in join_all(sending).await {
            sent += usize::from(outcome?);
        }
    }
    Ok(sent)
}

async fn send(app: &App, mailer: &Mailer, claimed: Claimed) -> Result<bool, DbError> {
    let Claimed { id, fence, attempts, letter, kind } = claimed;
    let settled = match mailer.send(&letter).await {
        Ok(()) => Settled::Sent,
        Err(NotSent::Transient(reason)) if attempts < ATTEMPTS => {
            let pause = PAUSES.after(u32::try_from(attempts).unwrap_or(1), &app.entropy);
            Settled::Again(reason, app.clock.now().checked_add(pause).unwrap_or(letter.at))
        }
        Err(NotSent::Transient(reason) | NotSent::Permanent(reason)) => Settled::Failed(reason),
    };
    match &settled {
        Settled::Sent => tracing::info!(letter.id = %id, letter.kind = kind, "a letter was sent"),
        Settled::Again(reason, _) => {
            tracing::warn!(letter.id = %id, reason, "a letter was not taken; it is tried again")
        }
        Settled::Failed(reason) => tracing::error!(letter.id = %id, reason, "a letter cannot be sent"),
    }
    store::settle(&app.db.durable, id, fence, &settled, app.clock.now()).await?;
    Ok(matches!(settled, Settled::Sent))
}
