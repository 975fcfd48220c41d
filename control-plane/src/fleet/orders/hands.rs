//! Workers that wait for an order with a hand held out: a sign-up leases its order to one of them in its own transaction.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotelhub_protocol::ClusterId;
use tokio::sync::oneshot;

use super::store::Leased;

/// The workers that wait at this process, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Hands(Arc<Mutex<Vec<Hand>>>);

/// A waiting worker that was promised an order. Dropped instead, it looks for one by itself.
#[derive(Debug)]
pub(crate) struct Hand {
    node: String,
    clusters: Vec<String>,
    given: oneshot::Sender<Leased>,
}

impl Hands {
    /// Holds a worker's hand out until what is answered here is dropped.
    pub(super) fn hold_out(&self, node: &str, clusters: &[String]) -> oneshot::Receiver<Leased> {
        let (given, taken) = oneshot::channel();
        let mut waiting = self.waiting();
        waiting.retain(|hand| !hand.given.is_closed());
        waiting.push(Hand { node: node.to_owned(), clusters: clusters.to_vec(), given });
        taken
    }

    /// The worker that has waited longest for an order on this cluster.
    pub(crate) fn take(&self, cluster: &ClusterId) -> Option<Hand> {
        let mut waiting = self.waiting();
        waiting.retain(|hand| !hand.given.is_closed());
        let place = waiting.iter().position(|hand| hand.clusters.contains(&cluster.0))?;
        Some(waiting.remove(place))
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.waiting().iter().filter(|hand| !hand.given.is_closed()).count()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Hand>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hand {
    /// Whose it is.
    pub(super) fn node(&self) -> &str {
        &self.node
    }

    /// Gives it what it was promised; nothing is left, or what nobody was there to take.
    pub(super) fn give(self, leased: Leased) -> Option<Leased> {
        self.given.send(leased).err()
    }
}
