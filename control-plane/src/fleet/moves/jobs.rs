//! The controller of moves: what was given up is undone, what was left is cleared, and clusters that are to be empty are emptied.
use hotelhub_protocol::ClusterId;

use super::model::State;
use super::store::{self, Which};
use super::{drain, reports};
use crate::App;
use crate::database::{DbError, Tx};
use crate::fleet::ready;
use crate::wakes::Wake;

/// Looks once after all of it; how many moves were begun. Takes no input; safe twice and from two places.
pub async fn drive(app: &App) -> Result<u32, DbError> {
    let mut tx = app.db.begin().await?;
    let changed = reports::given_up(app, &mut tx).await?;
    tx.commit().await?;
    let begun = drain::drive(app).await?;
    if changed || begun > 0 {
        app.wakes.wake(Wake::Orders);
    }
    Ok(begun)
}

/// Has taken down what still holds the log of a server for these databases of it, and no move is open that needs it.
pub(crate) async fn release_log(
    app: &App,
    tx: &mut Tx,
    cluster: &ClusterId,
    databases: &[String],
) -> Result<(), DbError> {
    if !databases.is_empty() {
        // Whoever begins a move looks before or after, and not meanwhile: one move at a time has slots in a database.
        ready::take_turn(tx).await?;
    }
    for database in databases {
        let Some(id) = store::reopen(tx, database).await? else { continue };
        tracing::error!(cluster = %cluster, database, move.id = %id, "a replication slot outlived its move; it is taken down");
        let Some(open) = store::open(tx, Which::Named(id)).await? else { continue };
        let state = if open.state == State::Clearing { State::Clearing } else { State::Undoing };
        if let Some(order) = reports::place(app, tx, &open, state).await? {
            store::note_step(tx, id, (state, order), None, app.clock.now()).await?;
        }
    }
    Ok(())
}
