//! The second step of a move: writers are held until the copy is known to be the same, and then shut out at the source. Until the control
//! plane has heard of it, which the last step knows, they are let in at neither end.
use std::collections::BTreeMap;
use std::time::Duration;

use hotelhub_protocol::Moved;
use hotelhub_vault::TableSum;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::fence::{self, LONGEST};
use super::{Ends, ask, target};
use crate::fleet::admin::Lent;
use crate::fleet::backups::{WRITE_ALIKE, difference, sums};
use crate::fleet::database::{Step, admit};
use crate::fleet::password::scram_verifier;
use crate::fleet::{FleetError, during};

pub(super) const SEQUENCES: &str = "
    select quote_ident(sequencename), last_value from pg_sequences where schemaname = current_schema()";
pub(super) const SET_SEQUENCE: &str = "select setval($1::text::regclass, $2)";

/// What takes longer to sum while nobody is held is not begun: writers would be held in vain.
const SUMMED_WITHIN: Duration = Duration::from_secs(3);

/// A copy that has not caught up for so long while nobody is held does not while somebody is.
const DRAINED_WITHIN: Duration = Duration::from_secs(20);

/// Who takes part: both ends, and a second connection to the source's server.
struct Table<'a> {
    from: Client,
    to: Client,
    beside: Lent<'a>,
}

/// Hands over: after it neither end takes writers, whatever becomes of this worker. A second time it compares again; once the writers were
/// passed on it only says so again, and touches nothing.
pub(super) async fn switch(ends: &Ends<'_>, halt: Option<Step>) -> Result<Moved, FleetError> {
    let lent = ends.target.lend().await?;
    lent.lock(ends.to.lock()).await?;
    let from = ends.source.enter(ends.from.as_str()).await?;
    if fence::is_passed_on(&from, ends).await? {
        let rows = rows_of(&sums(&from).await?);
        lent.give_back().await?;
        return Ok(Moved::Switched { template: ends.version.to_owned(), rows, held_ms: 0 });
    }
    target::must_bear_mark(&lent, ends).await?;
    let verifier = scram_verifier(&ends.target.keys().password(ends.to.as_str()), ends.entropy);
    admit(lent.client(), &ends.to, &verifier).await?;
    let table = Table { from, to: target::enter_as_source(ends).await?, beside: ends.source.lend().await? };
    rehearse(&table, ends).await?;
    let holder = table.from.query_one(fence::HOLDER, &[]).await.map_err(during("asking who holds the writers"))?.get(0);
    let since = fence::hold(&table.from, ends).await?;
    let compared = hand_over(&table, ends, (since, holder), halt).await;
    let rows = match compared {
        Ok(rows) => rows,
        Err(FleetError::Halted) => return Err(FleetError::Halted),
        Err(error) => {
            // Its end lets go as well, a little later.
            let _ = fence::let_go(&table.from).await;
            return Err(error);
        }
    };
    target::name_public(&table.to, ends).await?;
    let held = since.elapsed();
    tracing::info!(database = ends.to.as_str(), tenant = %ends.moving.tenant, rows, ?held, "a copy is the same as its source, which takes no writers any more");
    Step::Seal.done(halt)?;
    // It is done, whatever becomes of these connections.
    let _ = tokio::join!(table.beside.give_back(), lent.give_back());
    let held_ms = u32::try_from(held.as_millis()).unwrap_or(u32::MAX);
    Ok(Moved::Switched { template: ends.version.to_owned(), rows, held_ms })
}

/// Does once what writers will wait for while nobody waits: both servers have read every table then, and how long it takes is known.
async fn rehearse(table: &Table<'_>, ends: &Ends<'_>) -> Result<(), FleetError> {
    if ask::<i64>(&table.to, target::MISSING, &ends.link()).await? > 0 {
        return Err(FleetError::CannotMove("its copy is not whole".to_owned()));
    }
    let bound = format!("set statement_timeout = {}", SUMMED_WITHIN.as_millis());
    for end in [&table.from, &table.to] {
        end.batch_execute(&bound).await.map_err(during("bounding the comparison"))?;
    }
    let began = Instant::now();
    let compared = compute((&table.from, &table.to)).await;
    let is_long = compared.as_ref().is_err_and(|error| error.code() == Some(&SqlState::QUERY_CANCELED));
    if is_long || began.elapsed() > SUMMED_WITHIN {
        let why = format!("comparing its tables takes more than {SUMMED_WITHIN:?}, and writers are not held so long");
        return Err(FleetError::CannotMove(why));
    }
    compared?;
    let drained = timeout(DRAINED_WITHIN, fence::drained(&table.from, &table.beside, ends)).await;
    drained.map_err(|_| FleetError::HeldTooLong)?
}

/// With the writers held: lets the copy catch up, compares, and shuts the source. Not within the bound, nothing is changed.
async fn hand_over(
    table: &Table<'_>,
    ends: &Ends<'_>,
    (since, holder): (Instant, i32),
    halt: Option<Step>,
) -> Result<u64, FleetError> {
    Step::Hold.done(halt)?;
    let same = async {
        fence::drained(&table.from, &table.beside, ends).await?;
        follow_sequences(table).await?;
        let (was, is) = compute((&table.from, &table.to)).await?;
        match difference(&was, &is) {
            Some(name) => Err(FleetError::CopyDiffers(name.clone())),
            None => Ok(rows_of(&was)),
        }
    };
    let Ok(rows) = timeout_at(since + LONGEST, same).await else {
        // It may be at a statement that reads on for seconds, and would hear of nothing else before its end.
        fence::cut_off(&table.beside, holder).await?;
        return Err(FleetError::HeldTooLong);
    };
    let rows = rows?;
    fence::seal(&table.from, ends).await?;
    Ok(rows)
}

fn rows_of(sums: &BTreeMap<String, TableSum>) -> u64 {
    sums.values().map(|sum| u64::try_from(sum.rows).unwrap_or(0)).sum()
}

/// Whether the two ends hold the same.
pub(super) async fn are_alike(from: &Client, to: &Client) -> Result<bool, FleetError> {
    let (was, is) = compute((from, to)).await?;
    Ok(difference(&was, &is).is_none())
}

/// The sums of both ends.
async fn compute(
    (from, to): (&Client, &Client),
) -> Result<(BTreeMap<String, TableSum>, BTreeMap<String, TableSum>), FleetError> {
    let alike = during("beginning to compare");
    let at = async |client: &Client| {
        client.batch_execute(WRITE_ALIKE).await.map_err(&alike)?;
        sums(client).await
    };
    tokio::try_join!(at(from), at(to))
}

/// Rows of the target that come after the switch are numbered on from the source's.
async fn follow_sequences(table: &Table<'_>) -> Result<(), FleetError> {
    let following = during("setting the target's sequences");
    for row in table.from.query(SEQUENCES, &[]).await.map_err(&following)? {
        let (name, last): (String, Option<i64>) = (row.get(0), row.get(1));
        if let Some(last) = last {
            table.to.query_one(SET_SEQUENCE, &[&name, &last]).await.map_err(&following)?;
        }
    }
    Ok(())
}
