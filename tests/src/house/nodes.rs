//! More nodes than the first.
use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{House, pair};
use crate::process::{Process, free_ports};

/// A node beside the house's first.
#[derive(Debug)]
pub struct Beside {
    /// The program.
    pub process: Process,
    /// Where it serves hotels, and where it shows its measurements and its health.
    pub ports: [u16; 2],
}

impl House {
    /// Enrols another node for one role, `serve` or `work`, and starts it.
    pub async fn another_node(&self, name: &str, role: &str) -> Result<Beside> {
        let control = self.settings.programs.path("hotelhub-control");
        let enrol = ["node", "enrol", "--name", name, "--roles", role, "--json"];
        let enrolled: Value = serde_json::from_str(&Process::run(&control, &enrol, &self.control_env).await?)?;
        let token = enrolled.get("token").and_then(Value::as_str).context("no token for the node")?;
        let [port, metrics] = free_ports()?;
        let own = [
            pair("HOTELHUB_NODE_TOKEN", token),
            pair("HOTELHUB_LISTEN", format!("127.0.0.1:{port}")),
            pair("HOTELHUB_METRICS_LISTEN", format!("127.0.0.1:{metrics}")),
            pair("HOTELHUB_STATE_DIR", self.settings.dir.join(name).to_string_lossy()),
        ];
        let is_own = |key: &str| key == "HOTELHUB_CLUSTER_ADMINS" || own.iter().any(|(name, _)| name == key);
        let mut env: Vec<_> = self.node_env.iter().filter(|(key, _)| !is_own(key)).cloned().collect();
        env.extend(own);
        let program = self.settings.programs.path("hotelhub");
        let mut process = Process::start(&self.settings.dir, name, &program, &[role], &env)?;
        process.until_healthy(metrics, "/readyz").await?;
        Ok(Beside { process, ports: [port, metrics] })
    }
}
