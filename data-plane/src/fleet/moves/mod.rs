//! Moves: a tenant's data copied to a database on another server while it is served, and handed over within a short hold of its writers.
//!
//! Postgres itself copies and keeps the copy up, by logical replication. What links the two ends bears one name, made of the target's, and is
//! gone when the move is over, whichever way.
mod copy;
mod end;
mod fence;
mod source;
mod switch;
mod target;

pub(super) use end::{give_back, pass_on};
use hotelhub_kernel::Entropy;
use hotelhub_protocol::{MoveStep, Moved, Moving, Quarters};
pub(super) use target::let_go_of_all;
use tokio_postgres::Client;

use super::database::{DatabaseName, Step};
use super::{Admin, FleetError, TENANT_GROUP, during};

/// All that is said to the two ends of a move.
pub(crate) const STATEMENTS: &[&str] = &[
    source::WHOSE_HOUSE,
    source::SETTING,
    source::UNLOGGED,
    source::WITHOUT_KEY,
    source::LARGE_OBJECTS,
    source::PUBLICATION,
    source::ROLE,
    source::SLOT,
    source::MAKE_SLOT,
    source::BEHIND,
    source::SLOTS,
    source::CUT,
    source::DROP_SLOT,
    source::EXPEL,
    source::READING,
    target::DATABASE,
    target::NAMED,
    target::TABLES,
    target::SUBSCRIPTION,
    target::SUBSCRIPTIONS,
    target::MISSING,
    target::TROUBLE,
    target::SIZE,
    fence::OPEN,
    fence::IN_ORDER,
    fence::HERE,
    fence::FLUSH,
    fence::ARRIVED,
    fence::HOLDERS,
    fence::HOLDER,
    fence::CUT_OFF,
    fence::TURN,
    fence::ALONE,
    fence::WAITING,
    switch::SEQUENCES,
    switch::SET_SEQUENCE,
];

/// The two ends of a move, and what a worker needs there.
pub(super) struct Ends<'a> {
    source: &'a Admin,
    target: &'a Admin,
    moving: &'a Moving,
    from: DatabaseName,
    to: DatabaseName,
    entropy: &'a Entropy,
    version: &'a str,
}

impl<'a> Ends<'a> {
    /// Reads what an order says of the two ends.
    pub(super) fn of(
        (source, target): (&'a Admin, &'a Admin),
        moving: &'a Moving,
        entropy: &'a Entropy,
        version: &'a str,
    ) -> Result<Self, FleetError> {
        let (from, to) =
            (DatabaseName::parse(&moving.source.quarters())?, DatabaseName::parse(&moving.target.quarters())?);
        if from.quarters().role() == to.quarters().role() {
            return Err(FleetError::CannotMove("its source and its target have one name".to_owned()));
        }
        if let Quarters::Schema { .. } = to.quarters() {
            return Err(FleetError::CannotMove("its target is a schema of a shared database".to_owned()));
        }
        Ok(Self { source, target, moving, from, to, entropy, version })
    }

    /// The name of the publication, the slot and the role at the source, and of the subscription at the target.
    fn link(&self) -> String {
        format!("move_{}", self.to.as_str().trim_start_matches("t_"))
    }

    /// The source's schema, where it lies in a database that others share.
    fn schema(&self) -> Option<&str> {
        match self.from.quarters() {
            Quarters::Schema { schema, .. } => Some(schema),
            Quarters::Database(_) => None,
        }
    }

    /// What is written on the target until it is served or gone.
    fn mark(&self) -> String {
        format!("{} moves here from {}", self.moving.tenant, self.from.as_str())
    }
}

/// Does one step of a move.
pub(super) async fn step(ends: &Ends<'_>, step: MoveStep, halt: Option<Step>) -> Result<Moved, FleetError> {
    match step {
        MoveStep::Copy => copy::copy(ends, halt).await,
        MoveStep::Switch => match switch::switch(ends, halt).await {
            // Another worker is at it, or this one is as good as dead.
            Err(error) if !matches!(error, FleetError::Busy | FleetError::Halted) => {
                let_in_after(ends, &error).await;
                Err(error)
            }
            switched => switched,
        },
        MoveStep::Clear => end::clear(ends, halt).await,
        MoveStep::Undo => end::undo(ends, halt).await,
    }
}

/// Lets writers in again at the source, if a switch shut them out and it is not the target's turn; whether it was so.
pub(super) async fn take_back(ends: &Ends<'_>) -> Result<bool, FleetError> {
    match end::source_of(ends).await? {
        Some(from) => fence::take_back(&from, &ends.link()).await,
        None => Ok(false),
    }
}

/// After an attempt to switch that failed: nobody stays shut out until the next one, by this one or by one before whose worker died.
async fn let_in_after(ends: &Ends<'_>, failure: &FleetError) {
    let tenant = ends.moving.tenant;
    match take_back(ends).await {
        Ok(true) => {
            tracing::warn!(tenant = %tenant, reason = failure.reason(), "a switch failed: writers are let in again where the hotel was");
        }
        Ok(false) => {}
        Err(error) => {
            tracing::warn!(tenant = %tenant, reason = error.reason(), "after a switch that failed writers cannot be let in again");
        }
    }
}

/// The same for whichever move shut the writers out of this database.
pub(super) async fn take_all_back(source: &Admin, database: &str) -> Result<bool, FleetError> {
    let (at, mut any) = (source.enter(database).await?, false);
    let asking = during("asking whose turn it is");
    for row in at.query(fence::WAITING, &[]).await.map_err(&asking)? {
        let (link, schema): (String, String) = (row.get(0), row.get(1));
        at.batch_execute(&format!("set search_path = {schema}")).await.map_err(&asking)?;
        any |= fence::take_back(&at, &link).await?;
    }
    Ok(any)
}

/// Whether the tenant may write at this database or schema. Where not, a switch has shut it out: it is on its way elsewhere, or was.
pub(super) async fn is_written_to(at: &Client, quarters: Quarters<'_>) -> Result<bool, FleetError> {
    let writer = match quarters {
        Quarters::Database(_) => TENANT_GROUP,
        Quarters::Schema { schema, .. } => schema,
    };
    ask(at, fence::OPEN, writer).await
}

/// The one value of the one row of a question about this name.
async fn ask<T>(client: &Client, question: &str, name: &str) -> Result<T, FleetError>
where
    T: for<'a> tokio_postgres::types::FromSql<'a>,
{
    Ok(client.query_one(question, &[&name]).await.map_err(during("asking about a move"))?.get(0))
}

/// The names a question answers with.
async fn names(client: &Client, question: &str) -> Result<Vec<String>, FleetError> {
    let rows = client.query(question, &[]).await.map_err(during("asking about a move"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
