//! How a node learns its tenants and its rights: from the control plane, or from one database.
mod exports;
mod house;
mod saas;
mod standalone;

use std::sync::Arc;

use anyhow::Context as _;
use hotelhub_kernel::{Clock, Entropy, Ids, Key, TenantId};
use hotelhub_protocol::Role;
use hotelhub_web::metrics::Metrics;
use redis::aio::ConnectionManager;

pub use self::exports::{export, import};
pub use self::house::{House, start};
pub(crate) use self::standalone::STATEMENTS;
pub use self::standalone::migrate;
use crate::config::Settings;
use crate::hotel::availability::Calendars;
use crate::hotel::booking_engine::BookingGate;
use crate::link::{OwnersDesk, Refusals};
use crate::node::{Node, NodeParts};
use crate::people::Gate;
use crate::queue::{Hints, Tally};
use crate::templates;
use crate::tenancy::{Access, Directory, PoolMetrics, Pools};

/// What a process takes its time and its dice from.
#[derive(Clone)]
pub struct Sources {
    /// What time it is.
    pub clock: Clock,
    /// Fresh randomness.
    pub entropy: Entropy,
    /// Fresh identifiers.
    pub ids: Ids,
}

impl Sources {
    /// The wall and the operating system's dice.
    pub fn real() -> Self {
        let (clock, entropy) = (Clock::wall(), Entropy::system());
        Self { ids: Ids::timed(clock.clone(), entropy.clone()), clock, entropy }
    }
}

/// What each mode learns in its own way.
struct Learnt {
    directory: Directory,
    access: Access,
    secret: Key,
    sole: Option<TenantId>,
    owners_desk: Option<OwnersDesk>,
}

/// Puts a node together.
fn node(
    settings: Settings,
    sources: Sources,
    roles: &[Role],
    learnt: Learnt,
    redis: Option<ConnectionManager>,
    port: Option<u16>,
) -> anyhow::Result<Node> {
    let metrics = Metrics::new()?;
    let pool_metrics = PoolMetrics::register(&metrics)?;
    let (directory, roles) = (learnt.directory.clone(), roles.to_vec());
    let (clock, entropy) = (sources.clock.clone(), sources.entropy.clone());
    let pools = Pools::new(learnt.access, settings.pool, pool_metrics, directory, roles, clock, entropy);
    Ok(Node::new(NodeParts {
        gate: Gate::new(&sources.clock, redis.clone()),
        booking_gate: BookingGate::new(&sources.clock, redis.clone()),
        templates: Arc::new(templates::templates().context("the templates cannot be read")?),
        directory: learnt.directory,
        pools,
        calendars: Calendars::register(&metrics)?,
        hints: Hints::default(),
        tally: Tally::default(),
        refusals: Refusals::default(),
        secret: learnt.secret,
        metrics,
        redis,
        sole: learnt.sole,
        owners_desk: learnt.owners_desk,
        public_port: port,
        clock: sources.clock,
        ids: sources.ids,
        entropy: sources.entropy,
        settings: Arc::new(settings),
    }))
}
