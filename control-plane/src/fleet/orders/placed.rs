//! Orders as others place them: into a waiting hand where somebody waits for the tenant, into the line where nobody does.
use hotelhub_protocol::OrderId;
use jiff::Timestamp;

use super::hands::Hand;
use super::model::LEASE;
use super::store::{self, Leased, NewOrder};
use crate::App;
use crate::database::{DbError, Tx};
use crate::wakes::Wake;

/// An order that was leased as it was placed, to be handed over once the transaction has committed. Dropped instead, the worker looks for
/// itself.
pub(crate) struct InHand {
    hand: Hand,
    leased: Leased,
}

/// Places an order in line.
pub(crate) async fn place(tx: &mut Tx, order: &NewOrder, now: Timestamp) -> Result<(), DbError> {
    store::place(tx, order, None, now).await
}

/// Places an order that somebody waits for: leased to a worker that holds its hand out at this process, in line where none does.
pub(crate) async fn place_in_hand(
    app: &App,
    tx: &mut Tx,
    order: NewOrder,
    now: Timestamp,
) -> Result<Option<InHand>, DbError> {
    let Some(hand) = app.hands.take(order.task.cluster()) else {
        store::place(tx, &order, None, now).await?;
        return Ok(None);
    };
    store::place(tx, &order, Some(hand.node()), now).await?;
    let leased = Leased { id: OrderId(order.id), fence: 1, until: now + LEASE, task: order.task };
    Ok(Some(InHand { hand, leased }))
}

/// Tells the workers of an order whose transaction has committed.
pub(crate) async fn hand_over(app: &App, in_hand: Option<InHand>) {
    let Some(InHand { hand, leased }) = in_hand else { return app.wakes.wake(Wake::Orders) };
    let Some(leased) = hand.give(leased) else { return };
    // Were this lost, the lease would run out.
    if let Err(error) = store::take_back(&app.db.relaxed, &leased, app.clock.now()).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "an order waits for its lease to run out");
    }
    app.wakes.wake(Wake::Orders);
}
