//! The first step of a move: everything is copied, and the copy keeps up. The source is served as ever.
use std::time::Duration;

use hotelhub_protocol::Moved;
use tokio_postgres::Client;

use super::{Ends, ask, source, target};
use crate::fleet::database::Step;
use crate::fleet::{FleetError, during};

/// How often it is looked how far the copy is.
const LOOK: Duration = Duration::from_millis(100);

/// A copy that is so many bytes of the source's log behind keeps up.
const CLOSE: i64 = 1024 * 1024;

/// A copy that failed so often by itself does not get through.
const TROUBLES: i64 = 20;

/// Makes the copy, or goes on with one that was begun.
pub(super) async fn copy(ends: &Ends<'_>, halt: Option<Step>) -> Result<Moved, FleetError> {
    let lent = ends.target.lend().await?;
    lent.lock(ends.to.lock()).await?;
    let from = ends.source.enter(ends.from.as_str()).await?;
    source::survey(&from, ends).await?;
    target::make(&lent, ends).await?;
    Step::Clone.done(halt)?;
    let to = target::enter_as_source(ends).await?;
    link(&from, &to, ends, halt).await?;
    keep_up(&from, &to, ends).await?;
    to.batch_execute("analyze").await.map_err(during("gathering statistics"))?;
    let bytes: i64 = ask(&to, target::SIZE, ends.to.as_str()).await?;
    lent.give_back().await?;
    tracing::info!(database = ends.to.as_str(), tenant = %ends.moving.tenant, bytes, "a copy keeps up with its source");
    Ok(Moved::Copied { bytes: u64::try_from(bytes).unwrap_or(0) })
}

/// Links the two ends, as far as they are not.
async fn link(from: &Client, to: &Client, ends: &Ends<'_>, halt: Option<Step>) -> Result<(), FleetError> {
    source::show(from, ends).await?;
    let (link, keeps_log) = (ends.link(), ask::<bool>(from, source::SLOT, &ends.link()).await?);
    let subscribed = ask::<bool>(to, target::SUBSCRIPTION, &link).await?;
    if subscribed && !keeps_log {
        return Err(FleetError::SlotLost);
    }
    if !keeps_log {
        source::keep_log(from, ends).await?;
    }
    Step::Link.done(halt)?;
    if !subscribed {
        target::subscribe(to, ends).await?;
    }
    Step::Subscribe.done(halt)
}

/// Waits until every table has come and little of the source's log is left to be read.
async fn keep_up(from: &Client, to: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    let link = ends.link();
    loop {
        let missing: i64 = ask(to, target::MISSING, &link).await?;
        let behind: Option<i64> = ask(from, source::BEHIND, &link).await?;
        let behind = behind.ok_or(FleetError::SlotLost)?;
        if missing == 0 && behind < CLOSE {
            return Ok(());
        }
        if ask::<i64>(to, target::TROUBLE, &link).await? >= TROUBLES {
            return Err(FleetError::CannotMove("the copy fails again and again: the target's log says why".to_owned()));
        }
        tokio::time::sleep(LOOK).await;
    }
}
