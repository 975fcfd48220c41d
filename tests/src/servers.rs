//! Private database servers, started by the project's own tooling.
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A Postgres cluster and a Redis of our own; they end when this is dropped.
#[derive(Debug)]
pub struct Servers {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    addresses: Addresses,
}

#[derive(Debug, Deserialize)]
struct Addresses {
    postgres: Postgres,
    redis: Redis,
}

#[derive(Debug, Deserialize)]
struct Postgres {
    admin_dsn: String,
    pid: u32,
}

#[derive(Debug, Deserialize)]
struct Redis {
    url: String,
    pid: u32,
}

impl Servers {
    /// Starts both under `dir`; `durable` keeps fsync on. `xtask` is the project's tool, built.
    pub async fn start(xtask: &Path, dir: &Path, durable: bool) -> Result<Self> {
        let mut command = Command::new(xtask);
        command.arg("servers").arg("--dir").arg(dir);
        if durable {
            command.arg("--durable");
        }
        let mut child = command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", xtask.display()))?;
        let stdout = child.stdout.take().context("no output")?;
        let mut said = BufReader::new(stdout).lines();
        let line = said.next_line().await?.context("the servers did not start")?;
        Ok(Self { addresses: serde_json::from_str(&line)?, child, said })
    }

    /// The superuser's connection string.
    pub fn admin_dsn(&self) -> &str {
        &self.addresses.postgres.admin_dsn
    }

    /// Redis' address.
    pub fn redis_url(&self) -> &str {
        &self.addresses.redis.url
    }

    /// The process id of Postgres' postmaster.
    pub fn postgres_pid(&self) -> u32 {
        self.addresses.postgres.pid
    }

    /// Redis' process id.
    pub fn redis_pid(&self) -> u32 {
        self.addresses.redis.pid
    }

    /// Has a server that was killed started again at its old address and waits until it answers: `postgres` or `redis`.
    pub async fn restart(&mut self, which: &str) -> Result<()> {
        let stdin = self.child.stdin.as_mut().context("no input")?;
        stdin.write_all(format!("restart {which}\n").as_bytes()).await?;
        stdin.flush().await?;
        let line = self.said.next_line().await?.context("the servers ended")?;
        self.addresses = serde_json::from_str(&line)?;
        Ok(())
    }
}

/// Where the programs lie that `cargo xtask test` and `cargo xtask bench` built.
#[derive(Clone, Debug)]
pub struct Programs(PathBuf);

impl Programs {
    /// Programs in this folder.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The path of one.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}
