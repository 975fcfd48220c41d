//! The last step of a move: what linked the two ends goes. After the switch the target gets the writers and the source is shut; instead of it
//! everything is as before.
use std::time::Duration;

use hotelhub_protocol::Moved;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::fence::{self, Turn};
use super::{Ends, ask, source, switch, target};
use crate::fleet::database::Step;
use crate::fleet::{FleetError, TENANT_GROUP, during, retire, template};

/// A target that lets nobody in for so long is away: longer than a connection within the share is waited for.
const AWAY: Duration = Duration::from_secs(15);

/// Lets the writers in at the target, takes down what linked the two, and shuts the source. A source that is away is not waited for where the
/// target has the writers: whoever lists what lies there, should it come back, finds its slot, and it is cleared then. Nor is a source believed
/// there that says it is its turn: its server was set back to before the switch.
pub(super) async fn clear(ends: &Ends<'_>, halt: Option<Step>) -> Result<Moved, FleetError> {
    let lent = ends.target.lend().await?;
    lent.lock(ends.to.lock()).await?;
    let from = match source_of(ends).await {
        Err(FleetError::Unreachable { .. }) if has_writers(ends).await? => None,
        from => from?,
    };
    let is_left = match &from {
        // The hotel went on from there before its source was back: what lies at the source is nobody's any more.
        Some(from) if fence::is_passed_on(from, ends).await? => !target::is_there(&lent, ends).await?,
        Some(_) => false,
        None => !target::is_there(&lent, ends).await?,
    };
    if let Some(from) = &from
        && !is_left
        && let_writers_in(from, ends, halt).await? == Turn::Source
        && !(target::is_there(&lent, ends).await? && has_writers(ends).await?)
    {
        lent.give_back().await?;
        return Ok(Moved::Reopened);
    }
    if !is_left {
        target::let_go(ends).await?;
    }
    Step::Unlink.done(halt)?;
    if let Some(from) = from {
        source::take_down(&from, ends).await?;
        source::shut(&from, ends).await?;
    }
    if !is_left {
        let unmark = format!("comment on database {} is null", ends.to.as_str());
        lent.client().batch_execute(&unmark).await.map_err(during("taking the mark off the target"))?;
    }
    lent.give_back().await?;
    Ok(Moved::Cleared)
}

/// Lets the writers in at the target, where the control plane knows of the switch: as soon as that is known, and not by the next order alone.
pub(in crate::fleet) async fn pass_on(ends: &Ends<'_>) -> Result<(), FleetError> {
    let lent = ends.target.lend().await?;
    lent.lock(ends.to.lock()).await?;
    if let Some(from) = source_of(ends).await? {
        let_writers_in(&from, ends, None).await?;
    }
    lent.give_back().await
}

/// Whether the writers were let in at the target.
async fn has_writers(ends: &Ends<'_>) -> Result<bool, FleetError> {
    ask(&target::enter(ends).await?, fence::OPEN, TENANT_GROUP).await
}

/// Makes it the target's turn and lets its writers in there, in this order. While the target's lock is held.
async fn let_writers_in(from: &Client, ends: &Ends<'_>, halt: Option<Step>) -> Result<Turn, FleetError> {
    let turn = fence::pass_on(from, ends).await?;
    Step::PassOn.done(halt)?;
    if turn == Turn::Target {
        let to = target::enter(ends).await?;
        to.batch_execute(template::GRANTS).await.map_err(during("letting the writers in at the target"))?;
    }
    Ok(turn)
}

/// Gives the source back to its writers and leaves nothing of the move: first where the hotel is, then where it was to be. A target that
/// cannot be reached keeps nobody from the source.
pub(super) async fn undo(ends: &Ends<'_>, halt: Option<Step>) -> Result<Moved, FleetError> {
    if let Ok(Ok(true)) = timeout(AWAY, target::is_lived_in(ends)).await {
        return Err(lived_in());
    }
    if let Some(from) = source_of(ends).await? {
        if fence::is_passed_on(&from, ends).await? {
            take_from_target(&from, ends).await?;
        } else {
            fence::open(&from, ends).await?;
            source::take_down(&from, ends).await?;
        }
    }
    Step::Unlink.done(halt)?;
    let lent = match timeout(AWAY, ends.target.lend()).await {
        Err(_) | Ok(Err(FleetError::Unreachable { .. })) => {
            // Whoever was at it meanwhile cannot shut the writers out any more: what that is written on is gone.
            if let Some(from) = source_of(ends).await? {
                fence::open(&from, ends).await?;
            }
            return Ok(Moved::Left);
        }
        Ok(lent) => lent?,
    };
    lent.lock(ends.to.lock()).await?;
    // A worker that was at it meanwhile may have shown the source again, or shut its writers out: none is while the lock is held.
    if let Some(from) = source_of(ends).await? {
        fence::open(&from, ends).await?;
        source::take_down(&from, ends).await?;
    }
    if target::is_lived_in(ends).await? {
        return Err(lived_in());
    }
    target::let_go(ends).await?;
    lent.give_back().await?;
    retire::database(ends.target, &ends.to, Some(ends.moving.tenant), halt).await?;
    Ok(Moved::Undone)
}

/// The half of [`undo`] for which the source's server is enough. Not where the writers were passed on: what they wrote at the target is not
/// known there.
pub(in crate::fleet) async fn give_back(ends: &Ends<'_>) -> Result<(), FleetError> {
    let Some(from) = source_of(ends).await? else { return Ok(()) };
    if !fence::is_passed_on(&from, ends).await? {
        fence::open(&from, ends).await?;
        source::take_down(&from, ends).await?;
    }
    Ok(())
}

/// Gives the source back to writers who were passed on, if nobody has written at the target: who would is shut out there before the two are
/// compared for good. Where the target is away nobody knows, and nothing is undone.
async fn take_from_target(from: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    let lending = timeout(AWAY, ends.target.lend()).await;
    let lent = lending.map_err(|_| FleetError::Slow { doing: "entering the target", limit: AWAY })??;
    lent.lock(ends.to.lock()).await?;
    let to = target::enter(ends).await?;
    // One that is lived in is not held for that.
    if !switch::are_alike(from, &to).await? {
        return Err(lived_in());
    }
    fence::shut(&to).await?;
    let alike = switch::are_alike(from, &to).await;
    if !matches!(alike, Ok(true)) {
        to.batch_execute(template::GRANTS).await.map_err(during("letting the writers in at the target"))?;
        return Err(alike.err().unwrap_or_else(lived_in));
    }
    fence::open(from, ends).await?;
    source::take_down(from, ends).await?;
    lent.give_back().await
}

/// Whoever asks to undo such a move knows less than the servers do: a central database that is older than the switch.
fn lived_in() -> FleetError {
    FleetError::CannotMove("its target is lived in: the hotel has moved there, and nothing is undone".to_owned())
}

/// The source, if it is there.
pub(super) async fn source_of(ends: &Ends<'_>) -> Result<Option<Client>, FleetError> {
    match ends.source.enter(ends.from.as_str()).await {
        Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => Ok(None),
        from => from.map(Some),
    }
}
