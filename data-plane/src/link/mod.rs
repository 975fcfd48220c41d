//! The line to the control plane: feed, heartbeat, orders, and what owners ask of it. Nothing else dials it.
//!
//! What arrives is believed for its signature alone, and kept on disk: a node that has heard once serves on, and starts again, with nobody
//! at the other end.
mod client;
mod follow;
mod leases;
mod numbers;
mod orders;
mod owners;
mod peers;
mod pulse;
mod recall;
mod refusals;
mod reports;
mod reserve;
mod shelf;
#[cfg(test)]
mod tests;
mod trust;
mod turning;
mod warmth;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotelhub_kernel::{Clock, Entropy, Key, Secret};
use hotelhub_protocol::{BadSignature, FeedVerifier, NodeMark, ReadyDatabase, Role, Share};
use hotelhub_store::{Store, StoreError};
use hotelhub_web::metrics::Metrics;
use jiff::{SignedDuration, Timestamp};
use prometheus::IntGauge;
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use self::client::{ControlClient, PeerClient};
use self::leases::{InHand, Lease};
use self::numbers::Numbers;
pub use self::owners::OwnersDesk;
pub(crate) use self::owners::Unserved;
use self::peers::Peers;
use self::refusals::Complaints;
pub use self::refusals::Refusals;
use self::shelf::Shelf;
pub use self::trust::Doubt;
use crate::fleet::Fleet;
use crate::queue::Tally;
use crate::tenancy::{Directory, Pools};

/// Where the control plane is, who this node is to it, and where what it says is kept.
#[derive(Clone, Debug)]
pub struct LinkSettings {
    /// The control plane's address, `http://…`.
    pub control_url: String,
    /// What this node shows at its door.
    pub token: Secret<String>,
    /// Whose signature counts.
    pub verifier: FeedVerifier,
    /// A directory of this node's own.
    pub state_dir: PathBuf,
    /// Where other nodes show their measurements, `http://…`: they are asked while the control plane is away and the directory is empty.
    pub peers: Vec<String>,
    /// Where the control plane puts the routing table: asked like a peer.
    pub routes_store: Option<Store>,
    /// How old a peer's routing table may be, or the store's.
    pub oldest_from_peer: SignedDuration,
    /// What all nodes know and nobody else.
    pub node_secret: Key,
}

/// What the line connects.
pub struct LinkParts {
    /// What this process does.
    pub roles: Vec<Role>,
    /// The routing table to keep.
    pub directory: Directory,
    /// The connections whose shares the control plane grants.
    pub pools: Pools,
    /// What is known of the hotels' jobs.
    pub tally: Tally,
    /// Where it is told that what is offered is refused.
    pub refusals: Refusals,
    /// Who carries out orders, in a process of the fleet role.
    pub fleet: Option<Fleet>,
    /// What time it is.
    pub clock: Clock,
    /// For waits that do not fall together.
    pub entropy: Entropy,
    /// Where it shows whether the line stands.
    pub metrics: Metrics,
}

/// The line to the control plane. Clones are the same line.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    parts: LinkParts,
    client: ControlClient,
    verifier: FeedVerifier,
    shelf: Shelf,
    peers: Peers,
    complaints: Complaints,
    /// When the table in use was sealed; the changes since are newer.
    taken_at: Mutex<Timestamp>,
    /// How many hotels have left, by the account of the table in use and the changes since.
    departed: AtomicU64,
    started_at: Timestamp,
    numbers: Numbers,
    /// Which node this is, where the routing table says what is reserved for whom.
    mark: NodeMark,
    shares: Mutex<Vec<Share>>,
    /// Those that lie on disk: the process after this one begins by them.
    shares_on_disk: Mutex<Vec<Share>>,
    /// What the last beat said is wanted.
    wanted: Mutex<Vec<Share>>,
    /// The orders this worker has and has not ended.
    in_hand: Mutex<HashMap<Lease, InHand>>,
    /// The ready-made databases that are given away next.
    next: watch::Sender<Vec<ReadyDatabase>>,
    beat_now: Notify,
    connected: IntGauge,
    routes_version: IntGauge,
}

/// Why the control plane was not heard, or not believed.
#[derive(Debug, Error)]
pub enum LinkError {
    /// It is away, or something between is.
    #[error("the control plane cannot be reached")]
    Away(#[from] reqwest::Error),
    /// It answered something else than the protocol says.
    #[error("it answered {0}")]
    Answered(u16),
    /// The store has no table, or did not answer.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// It took the question and did not answer.
    #[error("the control plane keeps silent")]
    Silent,
    /// An order was not sealed by it.
    #[error("an order is not believed")]
    Forged(#[from] BadSignature),
    /// A routing table, or changes of it, are refused.
    #[error("what came is refused")]
    Refused(#[from] Doubt),
    /// The process ends, or the reader of a table died of it.
    #[error("a table was not read to its end")]
    Unread(#[from] tokio::task::JoinError),
    /// What was heard cannot be kept.
    #[error("the state directory cannot be used")]
    Disk(#[from] std::io::Error),
    /// A measurement of this name exists.
    #[error("a metric cannot be registered")]
    Metrics(#[from] prometheus::Error),
}

impl Link {
    /// A line that is not used yet.
    pub fn new(settings: LinkSettings, parts: LinkParts) -> Result<Self, LinkError> {
        let connected =
            IntGauge::new("hotelhub_link_connected", "Whether the control plane was heard last time: 1 or 0.")?;
        let routes_version = IntGauge::new("hotelhub_routes_version", "The version of the routing table in use.")?;
        parts.metrics.register(connected.clone())?;
        parts.metrics.register(routes_version.clone())?;
        Ok(Self(Arc::new(Inner {
            mark: NodeMark::of_token(settings.token.expose().trim()),
            numbers: Numbers::default(),
            client: ControlClient::new(&settings.control_url, settings.token)?,
            shelf: Shelf::open(&settings.state_dir)?,
            verifier: settings.verifier,
            peers: Peers {
                urls: settings.peers,
                store: settings.routes_store,
                client: PeerClient::new()?,
                word: peers::word(&settings.node_secret),
                oldest: settings.oldest_from_peer,
                told: Mutex::default(),
            },
            complaints: Complaints::register(parts.refusals.clone(), &parts.metrics)?,
            taken_at: Mutex::new(Timestamp::MIN),
            departed: AtomicU64::new(0),
            started_at: parts.clock.now(),
            shares: Mutex::default(),
            shares_on_disk: Mutex::default(),
            wanted: Mutex::default(),
            in_hand: Mutex::default(),
            next: watch::Sender::default(),
            beat_now: Notify::new(),
            connected,
            routes_version,
            parts,
        })))
    }

    /// Takes on what lies on disk, so that the node serves before anybody is heard. Whether there was a table.
    pub fn recall(&self) -> Result<bool, LinkError> {
        self.0.recall()
    }

    /// Keeps the line until `stop`: follows the routes, beats, and carries out orders in the fleet role.
    pub async fn run(self, stop: CancellationToken) {
        let Inner { parts, .. } = &*self.0;
        let follow = self.0.follow();
        let beat = self.0.beat();
        let warm = self.0.keep_warm();
        let work = async {
            match &parts.fleet {
                Some(fleet) => Box::pin(orders::work(self.0.clone(), fleet.clone())).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = follow => {}
            () = beat => {}
            () = warm => {}
            () = work => {}
        }
        self.0.note_asked_most().await;
    }
}

impl Inner {
    /// Lives by these shares, and by them again after a restart that hears nobody.
    fn live_by(&self, shares: &[Share]) {
        self.parts.pools.grant(shares);
        if let Some(fleet) = &self.parts.fleet {
            fleet.grant(shares);
        }
        shares.clone_into(&mut self.shares.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn taken_at(&self) -> MutexGuard<'_, Timestamp> {
        self.taken_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shares_on_disk(&self) -> MutexGuard<'_, Vec<Share>> {
        self.shares_on_disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shares(&self) -> Vec<Share> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
