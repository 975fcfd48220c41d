//! What the environment and the flags say, read once.
mod files;
mod options;
mod shown;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use hotelhub_kernel::{Host, Key, Secret};
use hotelhub_protocol::{ClusterId, FeedVerifier};
use hotelhub_store::Store;
use hotelhub_web::origin::Scheme;
use hotelhub_web::telemetry;
use jiff::SignedDuration;

pub use self::options::{BadSettings, Command, Given, TROUBLE, Wal, given, is_fetch};
pub use self::shown::{as_markdown, effective};
use crate::fleet::ClusterKeys;
use crate::tenancy::PoolLimits;

/// The settings of a process.
#[derive(Clone)]
pub struct Settings {
    /// Where guests and staff are answered.
    pub listen: SocketAddr,
    /// Where measurements are shown; nowhere when absent.
    pub metrics_listen: Option<SocketAddr>,
    /// How browsers reach the hotels.
    pub public_scheme: Scheme,
    /// The port in links, where it is neither the scheme's own nor the one listened at.
    pub public_port: Option<u16>,
    /// Proxies whose word on a visitor's address is taken.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where letters are handed over, `smtp://…`; without it they stay queued.
    pub smtp_url: Option<Secret<String>>,
    /// Who letters are from.
    pub mail_from: String,
    /// Where wake-ups travel; without it they stay in the process.
    pub redis_url: Option<Secret<String>>,
    /// What is logged: `info,hotelhub=debug`.
    pub log: String,
    /// How a log line looks.
    pub log_format: telemetry::Format,
    /// What the tenants' pools bear.
    pub pool: PoolLimits,
    /// How this process learns its tenants.
    pub mode: Mode,
}

/// How a process learns its tenants and its rights.
#[derive(Clone)]
pub enum Mode {
    /// One hotel in one database, no control plane.
    Standalone(Box<Standalone>),
    /// Many hotels, told by a control plane.
    Saas(Box<Saas>),
}

/// What only a standalone house needs.
#[derive(Clone)]
pub struct Standalone {
    /// Its database.
    pub database_url: Secret<String>,
    /// The hosts it answers to; any when empty.
    pub hosts: Vec<Host>,
    /// `http://192.168.1.5:8080`: what links in letters begin with; the first host when absent.
    pub public_url: Option<String>,
    /// The owner's mail address, for the first run.
    pub owner_email: Option<String>,
    /// The owner's password, while there is none; without it each start logs a one-time link.
    pub owner_password: Option<Secret<String>>,
    /// The hotel's name, for the first run.
    pub hotel_name: String,
    /// The hotel's time zone, for the first run.
    pub time_zone: String,
}

/// What only a node of a control plane needs.
#[derive(Clone)]
pub struct Saas {
    /// The control plane.
    pub control_url: String,
    /// What the node proves itself with.
    pub node_token: Secret<String>,
    /// What the routing table is signed with.
    pub feed_public_key: FeedVerifier,
    /// Where the routing table lies between starts.
    pub state_dir: PathBuf,
    /// Other nodes, where they show measurements: asked for the table by one that has none while the control plane is away.
    pub peers: Vec<String>,
    /// Where the control plane puts the table, if it does.
    pub routes_store: Option<Store>,
    /// How old a peer's table may be, or the store's.
    pub oldest_from_peer: SignedDuration,
    /// The keys that the tenants' passwords derive from, per server.
    pub cluster_keys: HashMap<ClusterId, ClusterKeys>,
    /// An administrator's address per server: the fleet role alone has them.
    pub cluster_admins: BTreeMap<ClusterId, Secret<String>>,
    /// Where the fleet role keeps backups, if it does.
    pub backups: Option<Backups>,
    /// Where hotels' exports lie on their way, as both planes reach it.
    pub exchange: Option<Exchange>,
    /// What every tenant's keys derive from.
    pub node_secret: Key,
    /// The domain under which tenants have their names.
    pub base_domain: Host,
    /// The vendor's own page.
    pub vendor_url: String,
}

/// Where backups are kept, and how.
#[derive(Clone)]
pub struct Backups {
    /// Where they lie.
    pub store: Store,
    /// What they are sealed with.
    pub key: Key,
    /// What else opens them: they were sealed with it, or are going to be.
    pub older: Vec<Key>,
    /// The folder of the programs of Postgres, where it is not a usual one.
    pub programs: Option<PathBuf>,
    /// Where hotels are brought to a point in time.
    pub recovery: PathBuf,
}

/// Where exports lie on their way, and what they are sealed with there.
#[derive(Clone)]
pub struct Exchange {
    /// Where they lie.
    pub store: Store,
    /// What they are sealed with.
    pub key: Key,
    /// What else opens them: they were sealed with it, or are going to be.
    pub older: Vec<Key>,
}

impl Settings {
    /// What links in letters begin with, where it is set.
    pub fn public_url(&self) -> Option<&str> {
        match &self.mode {
            Mode::Standalone(standalone) => standalone.public_url.as_deref(),
            Mode::Saas(_) => None,
        }
    }

    /// The vendor's own page, where there is a vendor.
    pub fn vendor_url(&self) -> Option<&str> {
        match &self.mode {
            Mode::Saas(saas) => Some(&saas.vendor_url),
            Mode::Standalone(_) => None,
        }
    }
}
