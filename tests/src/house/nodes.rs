//! More nodes than the first.
use anyhow::{Context as _, Result};
use hotelhub_testkit::free_port;
use serde_json::Value;

use super::{House, connect, pair};
use crate::patience::patiently;
use crate::process::Process;

/// A node beside the house's first.
#[derive(Debug)]
pub struct Beside {
    /// The program.
    pub process: Process,
    /// Where it serves hotels, and where it shows its measurements and its health.
    pub ports: [u16; 2],
    papers: Papers,
}

/// What a node is started with, also while there is no control plane.
#[derive(Clone, Debug)]
pub struct Papers {
    name: String,
    role: String,
    token: String,
}

impl House {
    /// Enrols another node for one role, `serve` or `work`, and starts it.
    pub async fn another_node(&self, name: &str, role: &str) -> Result<Beside> {
        self.start_beside(&self.enrol(name, role).await?).await
    }

    /// Enrols a node without starting it.
    pub async fn enrol(&self, name: &str, role: &str) -> Result<Papers> {
        let control = self.settings.programs.path("hotelhub-control");
        let enrol = ["node", "enrol", "--name", name, "--roles", role, "--json"];
        let enrolled: Value = serde_json::from_str(&Process::run(&control, &enrol, &self.control_env).await?)?;
        let token = enrolled.get("token").and_then(Value::as_str).context("no token for the node")?;
        Ok(Papers { name: name.to_owned(), role: role.to_owned(), token: token.to_owned() })
    }

    /// Waits until connections are reserved for this node and the house's first node has the routing table that says so.
    pub async fn until_reserved(&self, papers: &Papers) -> Result<()> {
        let central = connect(&self.central_dsn()).await?;
        let told = "select exists (select 1 from reserved_connections where node = $1)
                       and (load->>'routes_version')::bigint >= (select version from routes_head)
                      from nodes where name = 'node-1'";
        patiently(60, &format!("a reserve for {}", papers.name), async || {
            let told: Option<bool> = central.query_one(told, &[&papers.name]).await?.get(0);
            Ok((told == Some(true)).then_some(()))
        })
        .await
    }

    /// Waits until this node has heard of a share of the server's connections, and lives by it.
    pub async fn until_granted(&self, node: &str) -> Result<()> {
        let central = connect(&self.central_dsn()).await?;
        let sql = "select sum(granted)::int > 0 and sum(granted) = sum(holding) from connection_shares where node = $1";
        patiently(60, &format!("a share for {node}"), async || {
            let lives: Option<bool> = central.query_one(sql, &[&node]).await?.get(0);
            Ok((lives == Some(true)).then_some(()))
        })
        .await
    }

    /// Retires a node that has ended for good: what it had of the servers' connections is others' from then on.
    pub async fn retire(&self, name: &str) -> Result<()> {
        let control = self.settings.programs.path("hotelhub-control");
        Process::run(&control, &["node", "retire", "--name", name], &self.control_env).await.map(drop)
    }

    /// Starts an enrolled node on a folder of its own name, which is empty the first time. The house's first node is its peer.
    pub async fn start_beside(&self, papers: &Papers) -> Result<Beside> {
        self.start_at([free_port()?, free_port()?], papers.clone()).await
    }

    /// Starts a node that has ended again, at its ports.
    pub async fn restart_beside(&self, beside: &mut Beside) -> Result<()> {
        *beside = self.start_at(beside.ports, beside.papers.clone()).await?;
        Ok(())
    }

    async fn start_at(&self, ports: [u16; 2], papers: Papers) -> Result<Beside> {
        let [port, metrics] = ports;
        let first = self.node_env.iter().find(|(key, _)| key == "HOTELHUB_METRICS_LISTEN");
        let mut own = vec![
            pair("HOTELHUB_NODE_TOKEN", papers.token.as_str()),
            pair("HOTELHUB_LISTEN", format!("127.0.0.1:{port}")),
            pair("HOTELHUB_METRICS_LISTEN", format!("127.0.0.1:{metrics}")),
            pair("HOTELHUB_STATE_DIR", self.settings.dir.join(&papers.name).to_string_lossy()),
        ];
        own.extend(first.map(|(_, address)| pair("HOTELHUB_PEERS", format!("http://{address}"))));
        let is_own = |key: &str| key == "HOTELHUB_CLUSTER_ADMINS" || own.iter().any(|(name, _)| name == key);
        let mut env: Vec<_> = self.node_env.iter().filter(|(key, _)| !is_own(key)).cloned().collect();
        env.extend(own);
        let program = self.settings.programs.path("hotelhub");
        let mut process = Process::start(&self.settings.dir, &papers.name, &program, &[&papers.role], &env)?;
        process.until_healthy(metrics, "/readyz").await?;
        Ok(Beside { process, ports, papers })
    }
}
