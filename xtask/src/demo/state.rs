//! What a demo keeps from one start to the next: ports, secrets made once, and who signed up. Only its owner reads it.
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{ports, random, secrets};

/// Everything that must be the same after a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub(super) ports: Ports,
    pub(super) secrets: Secrets,
    /// The port under which the cluster is known to the control plane.
    pub(super) cluster_port: Option<u16>,
    pub(super) node: Option<NodeLink>,
    pub(super) admin: Option<Admin>,
    pub(super) tenants: Vec<Tenant>,
}

/// Where each server listens on the loopback address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ports {
    pub(super) postgres: u16,
    pub(super) redis: u16,
    pub(super) smtp: u16,
    pub(super) mailbox: u16,
    pub(super) control: u16,
    pub(super) control_metrics: u16,
    pub(super) node: u16,
    pub(super) node_metrics: u16,
}

/// Made once per demo.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Secrets {
    pub(super) postgres: String,
    pub(super) central: String,
    pub(super) redis: String,
    pub(super) feed_key: String,
    pub(super) secret_key: String,
    pub(super) cluster_key: String,
    pub(super) node_secret: String,
    /// Absent in a demo that is older than backups: it takes none.
    #[serde(default)]
    pub(super) backup_key: Option<String>,
    /// Absent in a demo that is older than exports: nothing is exported.
    #[serde(default)]
    pub(super) exchange_key: Option<String>,
}

/// How the node shows who it is, and how it knows that the feed is the vendor's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NodeLink {
    pub(super) token: String,
    pub(super) feed_public_key: String,
}

/// The first vendor administrator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Admin {
    pub(super) email: String,
    pub(super) password: String,
    pub(super) totp_secret: String,
}

/// A hotel that signed up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tenant {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) host: String,
    pub(super) url: String,
    pub(super) database: String,
    pub(super) owner: Owner,
    /// Whether its sample data is complete.
    #[serde(default)]
    pub(super) filled: bool,
}

/// Who may do everything there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(super) email: String,
    pub(super) password: String,
}

impl State {
    /// What the folder remembers, or a new state; a remembered port that somebody else took meanwhile is replaced.
    pub(super) fn open(folder: &Path, wanted: &Ports) -> Result<Self> {
        let file = folder.join("state.json");
        let mut state: Self = match fs::read_to_string(&file) {
            Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is damaged", file.display()))?,
            Err(_) => Self::new(wanted)?,
        };
        state.ports = state.ports.free()?;
        let port = state.ports.node;
        for tenant in &mut state.tenants {
            tenant.url = format!("http://{}:{port}", tenant.host);
        }
        state.save(folder)?;
        Ok(state)
    }

    fn new(wanted: &Ports) -> Result<Self> {
        let secrets = Secrets {
            postgres: random::password()?,
            central: random::password()?,
            redis: random::password()?,
            feed_key: random::key()?,
            secret_key: random::key()?,
            cluster_key: random::key()?,
            node_secret: random::key()?,
            backup_key: Some(random::key()?),
            exchange_key: Some(random::key()?),
        };
        Ok(Self { ports: wanted.clone(), secrets, cluster_port: None, node: None, admin: None, tenants: Vec::new() })
    }

    pub(super) fn save(&self, folder: &Path) -> Result<()> {
        secrets::write(&folder.join("state.json"), &serde_json::to_string_pretty(self)?)
    }
}

impl Ports {
    /// Those the documents name, where they are free.
    pub(super) fn usual() -> Self {
        let servers = Self { postgres: 0, redis: 0, smtp: 0, mailbox: 8025, ..Self::any() };
        Self { control: 8081, control_metrics: 9091, node: 8080, node_metrics: 9090, ..servers }
    }

    /// Any free ones.
    pub(super) fn any() -> Self {
        Self { postgres: 0, redis: 0, smtp: 0, mailbox: 0, control: 0, control_metrics: 0, node: 0, node_metrics: 0 }
    }

    fn free(&self) -> Result<Self> {
        let Self { postgres, redis, smtp, mailbox, control, control_metrics, node, node_metrics } = *self;
        let wanted = [postgres, redis, smtp, mailbox, control, control_metrics, node, node_metrics];
        let [postgres, redis, smtp, mailbox, control, control_metrics, node, node_metrics] = ports::free_or(wanted)?;
        Ok(Self { postgres, redis, smtp, mailbox, control, control_metrics, node, node_metrics })
    }
}
