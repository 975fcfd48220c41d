//! One hotel by itself: the program on a database of its own, told where that is and nothing else of importance.
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use hotelhub_testkit::{dsn_of, env, free_port};
use hotelhub_tests::{Hotel, Process, Servers, connect};
use serde_json::Value;
use tokio_postgres::Client;

/// A standalone house.
pub(crate) struct Alone {
    pub(crate) process: Process,
    pub(crate) port: u16,
    dir: PathBuf,
    dsn: String,
    env: Vec<(String, String)>,
}

impl Alone {
    /// The first start, on an empty database. `more` are settings that an owner need not give.
    ///
    /// The port is always told: the usual one may be another house's on the machine that runs the tests.
    pub(crate) async fn start(servers: &Servers, name: &str, more: &[(&str, String)]) -> Result<Self> {
        let dir = env::folder().join(name);
        std::fs::create_dir_all(&dir)?;
        let database = name.replace('-', "_");
        connect(servers.admin_dsn()).await?.batch_execute(&format!("create database {database}")).await?;
        let (port, dsn) = (free_port()?, dsn_of(servers.admin_dsn(), &database));
        let mut env = vec![
            ("APP_MODE".to_owned(), "standalone".to_owned()),
            ("DATABASE_URL".to_owned(), dsn.clone()),
            ("HOTELHUB_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
        ];
        env.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let process = run(&dir, &env, port).await?;
        Ok(Self { process, port, dir, dsn, env })
    }

    /// Starts it once more after it was stopped or killed.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        self.process = run(&self.dir, &self.env, self.port).await?;
        Ok(())
    }

    /// The links for the owner that the log shows, oldest first.
    pub(crate) fn links(&self) -> Vec<String> {
        let lines = self.process.said();
        let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| find(&line, "link")).collect()
    }

    /// The house as it stands in `Host`.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The owner, who pressed the newest link's button.
    pub(crate) async fn owner(&self) -> Result<Hotel> {
        let link = self.links().pop().context("no link in the log")?;
        Hotel::by_link(self.port, self.host(), &link).await
    }

    /// A look into its database.
    pub(crate) async fn sql(&self) -> Result<Client> {
        connect(&self.dsn).await
    }
}

async fn run(dir: &std::path::Path, env: &[(String, String)], port: u16) -> Result<Process> {
    let mut process = Process::start(dir, "standalone", &env::programs().join("hotelhub"), &["serve"], env)?;
    process.until_healthy(port, "/readyz").await?;
    Ok(process)
}

/// A field of a log line, wherever the format puts it.
fn find(line: &Value, name: &str) -> Option<String> {
    let here = line.get(name).and_then(Value::as_str).map(str::to_owned);
    here.or_else(|| line.get("fields").and_then(|fields| find(fields, name)))
}
