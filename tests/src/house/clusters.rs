//! Postgres servers beside the house's first.
use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio_postgres::Config;

use super::House;
use crate::process::Process;

impl House {
    /// Takes another Postgres server into service, and starts the node anew with access to it. `more` are further words of `cluster add`.
    pub async fn add_cluster(&mut self, id: &str, admin_dsn: &str, more: &[&str]) -> Result<()> {
        let server: Config = admin_dsn.parse()?;
        let port = server.get_ports().first().copied().unwrap_or(5432).to_string();
        let budget = self.settings.budget.to_string();
        let mut add =
            vec!["cluster", "add", "--id", id, "--host", "127.0.0.1", "--port", &port, "--budget", &budget, "--json"];
        add.extend(more);
        let control = self.settings.programs.path("hotelhub-control");
        let added: Value = serde_json::from_str(&Process::run(&control, &add, &self.control_env).await?)?;
        let key = added.get("key").and_then(Value::as_str).context("no key for the cluster")?.to_owned();
        for (name, value) in [("HOTELHUB_CLUSTER_KEYS", &key), ("HOTELHUB_CLUSTER_ADMINS", &admin_dsn.to_owned())] {
            let known = self.node_env.iter_mut().find(|(known, _)| known == name);
            let (_, text) = known.with_context(|| format!("the node has no {name}"))?;
            *text = format!("{text},{id}={value}");
        }
        self.node.stop().await?;
        self.restart_node().await
    }
}
