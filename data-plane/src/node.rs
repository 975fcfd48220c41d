//! What a process of the data plane holds: cheap handles, built once by [`crate::boot`] and by tests.
use std::ops::Deref;
use std::sync::Arc;

use hotelhub_kernel::{Clock, Entropy, Ids, Key, TenantId};
use hotelhub_web::Templates;
use hotelhub_web::metrics::Metrics;
use redis::aio::ConnectionManager;

use crate::config::Settings;
use crate::hotel::availability::Calendars;
use crate::hotel::booking_engine::BookingGate;
use crate::link::{OwnersDesk, Refusals};
use crate::people::Gate;
use crate::queue::{Hints, Tally};
use crate::tenancy::{Directory, Pools};

/// The state of every handler. A clone is one counter.
#[derive(Clone)]
pub struct Node(Arc<NodeParts>);

/// What [`Node`] points at.
pub struct NodeParts {
    /// What time it is.
    pub clock: Clock,
    /// Fresh identifiers.
    pub ids: Ids,
    /// Fresh randomness.
    pub entropy: Entropy,
    /// Pages and letters.
    pub templates: Arc<Templates>,
    /// What the environment said.
    pub settings: Arc<Settings>,
    /// Who lives where.
    pub directory: Directory,
    /// The tenants' connections and the budgets they count against.
    pub pools: Pools,
    /// Wakes the workers of tenants that have something to do.
    pub hints: Hints,
    /// What of the tenants' jobs this process knows to wait, and gave up.
    pub tally: Tally,
    /// What is refused of what the control plane offers.
    pub refusals: Refusals,
    /// What every tenant's keys derive from; see [`crate::tenancy::Tenant::key`].
    pub secret: Key,
    /// What stands before every password.
    pub gate: Gate,
    /// What stands before the public booking doors.
    pub booking_gate: BookingGate,
    /// What the hotels that are asked for have free.
    pub calendars: Calendars,
    /// What is counted and timed.
    pub metrics: Metrics,
    /// Redis, where there is one: wake-ups and counters, nothing that may not be lost.
    pub redis: Option<ConnectionManager>,
    /// The one tenant of a standalone house that answers to any name.
    pub sole: Option<TenantId>,
    /// Where the control plane is asked for what an owner wants; absent in a standalone house.
    pub owners_desk: Option<OwnersDesk>,
    /// The port that links to tenants carry; absent where it is the scheme's own.
    pub public_port: Option<u16>,
}

impl Node {
    /// A node of these parts.
    pub fn new(parts: NodeParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Node {
    type Target = NodeParts;

    fn deref(&self) -> &NodeParts {
        &self.0
    }
}
