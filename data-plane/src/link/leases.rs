//! The orders this worker has and has not ended: until when each is its own, and whether it goes on.
use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use hotelhub_protocol::{Copying, Leased, Order, OrderId, Task};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Inner;
use crate::progress::Progress;

/// What did nothing for so long does not go on: its lease runs out. A server takes minutes over a checkpoint before it copies itself.
const LATELY: Duration = Duration::from_secs(900);

/// An order and the fence it was leased with.
pub(super) type Lease = (OrderId, u64);

/// An order in this worker's hands.
pub(super) struct InHand {
    /// When it may be another's.
    over: watch::Sender<Instant>,
    progress: Progress,
    /// Whether it is about a copy, and may take longer than any lease.
    is_copy: bool,
}

impl Inner {
    /// Takes an order on that was just leased.
    pub(super) fn take_in_hand(&self, order: &Order) {
        let (over, progress) = (watch::Sender::new(self.when(order.leased_until)), Progress::begun());
        let is_copy = is_copy(&order.task);
        self.in_hand().insert((order.id, order.fence), InHand { over, progress, is_copy });
    }

    /// Lets go of one, however it ended.
    pub(super) fn let_go(&self, lease: Lease) {
        self.in_hand().remove(&lease);
    }

    /// The orders it has.
    pub(super) fn holding(&self) -> Vec<OrderId> {
        self.in_hand().keys().map(|(order, _)| *order).collect()
    }

    /// What is done of one is said to this.
    pub(super) fn progress(&self, lease: Lease) -> Progress {
        self.in_hand().get(&lease).map_or_else(Progress::begun, |held| held.progress.clone())
    }

    /// When an order may be another's, as far as is known now.
    pub(super) fn over(&self, lease: Lease) -> Instant {
        self.in_hand().get(&lease).map_or_else(Instant::now, |held| *held.over.borrow())
    }

    /// Waits until an order may be another's.
    pub(super) async fn until_over(&self, lease: Lease) {
        let Some(mut over) = self.in_hand().get(&lease).map(|held| held.over.subscribe()) else { return };
        loop {
            let until = *over.borrow_and_update();
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                changed = over.changed() => if changed.is_err() { return },
            }
        }
    }

    /// The orders about copies that it carries out, for the next beat.
    pub(super) fn copying(&self) -> Vec<Copying> {
        let held = self.in_hand();
        let copies = held.iter().filter(|(_, held)| held.is_copy);
        let copying = copies.map(|(&(order, fence), held)| {
            let (goes_on, how_far) = (held.progress.is_within(LATELY), held.progress.how_far());
            Copying { order, fence, goes_on, how_far }
        });
        copying.collect()
    }

    /// Hears what became of the orders it said it carries out: what is leased on goes on, what is not wanted of it any more ends now.
    pub(super) fn mind(&self, said: &[Copying], leases: &[Leased]) {
        let held = self.in_hand();
        for one in said {
            let Some(known) = held.get(&(one.order, one.fence)) else { continue };
            match leases.iter().find(|lease| (lease.order, lease.fence) == (one.order, one.fence)) {
                Some(lease) => {
                    known.over.send_replace(self.when(lease.until));
                }
                None => {
                    tracing::warn!(order.id = %one.order.0, "an order is not wanted any more");
                    known.over.send_replace(Instant::now());
                }
            }
        }
    }

    fn when(&self, until: Timestamp) -> Instant {
        let left = until.duration_since(self.parts.clock.now());
        Instant::now() + Duration::try_from(left).unwrap_or_default()
    }

    fn in_hand(&self) -> MutexGuard<'_, HashMap<Lease, InHand>> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an order is about a backup, an export or an import.
pub(super) fn is_copy(task: &Task) -> bool {
    matches!(
        task,
        Task::BackUpTenant { .. }
            | Task::RestoreTenant { .. }
            | Task::PruneBackups { .. }
            | Task::ExportTenant { .. }
            | Task::ImportTenant { .. }
            | Task::TakeBase { .. }
            | Task::RecoverTenant { .. }
            | Task::PruneBases { .. }
    )
}
