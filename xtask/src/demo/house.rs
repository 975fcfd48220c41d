//! Both planes and what they stand on, started in their order and stopped in the other.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::state::{Admin, NodeLink, State};
use super::summary;
use crate::programs::{Programs, output};
use crate::progress::step;
use crate::servers::postgres::{Disk, Postgres, Wish};
use crate::servers::process::Process;
use crate::servers::redis::Redis;
use crate::servers::traces::Traces;
use crate::stop::Stop;
use crate::visitor::Visitor;

/// The domain below which the demo's hotels have their names; browsers find it on this machine by themselves.
pub(super) const BASE_DOMAIN: &str = "hotelhub.localhost";
/// The central database, and the role that owns it.
pub(super) const CENTRAL: &str = "hotelhub_central";
const CLUSTER: &str = "demo";
const MAIL_FROM: &str = "HotelHub <halo@hotelhub.localhost>";
const PATIENCE: Duration = Duration::from_secs(60);

/// What a house is started from.
pub(super) struct Start<'a> {
    pub(super) folder: &'a Path,
    /// Whether its data is for the next start as well.
    pub(super) kept: bool,
    pub(super) state: State,
    pub(super) traces: Traces,
    pub(super) programs: Programs,
}

/// A running house. Dropping it stops everything.
#[derive(Debug)]
pub(crate) struct House {
    // Stopped in this order when dropped.
    node: Option<Process>,
    control: Option<Process>,
    mail: Option<Process>,
    pub(super) redis: Redis,
    pub(super) postgres: Postgres,
    pub(super) state: State,
    pub(super) stop: Stop,
    folder: PathBuf,
    programs: Programs,
    traces: Traces,
}

impl House {
    /// Starts everything, making what a first start has to make.
    pub(super) fn start(start: Start<'_>, stop: &Stop) -> Result<Self> {
        let Start { folder, kept, state, traces, programs } = start;
        summary::withdraw(folder);
        let logs = folder.join("logs");
        fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
        let wish = Wish {
            folder: &folder.join("postgres"),
            port: state.ports.postgres,
            password: &state.secrets.postgres,
            disk: Disk::Durable,
            kept,
            connections: 200,
            log: &logs.join("postgres.log"),
        };
        let postgres = step("Postgres", || Postgres::start(&wish, stop))?;
        traces.note("postgres", postgres.process.id())?;
        let log = logs.join("redis.log");
        let redis =
            step("Redis", || Redis::start(&folder.join("redis"), state.ports.redis, &state.secrets.redis, &log, stop))?;
        traces.note("redis", redis.process.id())?;
        let (folder, stop) = (folder.to_owned(), stop.clone());
        let mut house =
            Self { node: None, control: None, mail: None, redis, postgres, state, stop, folder, programs, traces };
        house.mail = Some(step("mailbox", || house.start_mail())?);
        step("central database", || house.prepare())?;
        step("control plane", || house.start_control())?;
        step("node: serve, work, fleet", || house.start_node())?;
        Ok(house)
    }

    pub(super) fn control_url(&self) -> String {
        format!("http://{BASE_DOMAIN}:{}", self.state.ports.control)
    }

    pub(super) fn node_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.state.ports.node)
    }

    pub(super) fn mailbox(&self) -> String {
        format!("http://127.0.0.1:{}", self.state.ports.mailbox)
    }

    pub(super) fn central_dsn(&self) -> String {
        let (password, port) = (&self.state.secrets.central, self.state.ports.postgres);
        format!("postgres://{CENTRAL}:{password}@127.0.0.1:{port}/{CENTRAL}")
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn save(&self) -> Result<()> {
        self.state.save(&self.folder)
    }

    /// The process ids by the names the demo shows.
    pub(super) fn processes(&self) -> Value {
        let id = |process: &Option<Process>| process.as_ref().map(Process::id);
        serde_json::json!({
            "control": id(&self.control), "node": id(&self.node), "mail": id(&self.mail),
            "postgres": self.postgres.process.id(), "redis": self.redis.process.id(),
        })
    }

    /// Fails as soon as one of the programs has ended by itself.
    pub(super) fn check(&mut self) -> Result<()> {
        self.postgres.process.check()?;
        self.redis.process.check()?;
        [&mut self.mail, &mut self.control, &mut self.node].into_iter().flatten().try_for_each(Process::check)
    }

    pub(super) fn start_control(&mut self) -> Result<()> {
        let mut command = self.control_command(&["serve", "--work"]);
        self.control = Some(self.start_program("control", &mut command)?);
        self.wait_until_ready("control", &format!("http://127.0.0.1:{}", self.state.ports.control))
    }

    pub(super) fn stop_control(&mut self) {
        self.control = None;
    }

    pub(super) fn start_node(&mut self) -> Result<()> {
        let mut command = self.node_command()?;
        self.node = Some(self.start_program("node", &mut command)?);
        self.wait_until_ready("node", &self.node_url())
    }

    pub(super) fn stop_node(&mut self) {
        self.node = None;
    }

    fn start_program(&self, name: &'static str, command: &mut Command) -> Result<Process> {
        let process = Process::start(name, command, &self.folder.join("logs").join(format!("{name}.log")))?;
        self.traces.note(name, process.id())?;
        Ok(process)
    }

    fn wait_until_ready(&mut self, name: &str, url: &str) -> Result<()> {
        let visitor = Visitor::new(url);
        let stop = self.stop.clone();
        stop.wait_for(&format!("{name} ready at {url}"), PATIENCE, || {
            self.check()?;
            Ok(visitor.get("/readyz").is_ok_and(|answer| answer.status == 200).then_some(()))
        })
    }

    fn start_mail(&self) -> Result<Process> {
        let (smtp, http) = (self.state.ports.smtp, self.state.ports.mailbox);
        let mut command = Command::new(self.programs.standins());
        command.arg("mail").arg("--smtp").arg(format!("127.0.0.1:{smtp}"));
        command.arg("--http").arg(format!("127.0.0.1:{http}"));
        command.arg("--keep").arg(self.folder.join("mails.jsonl"));
        let mut process = self.start_program("mail", &mut command)?;
        let visitor = Visitor::new(&self.mailbox());
        self.stop.wait_for("the mailbox", PATIENCE, || {
            process.check()?;
            Ok(visitor.get("/api/mails").is_ok_and(|answer| answer.status == 200).then_some(()))
        })?;
        Ok(process)
    }

    /// The central database with its schema, the cluster, the node's token and the first administrator: each once.
    fn prepare(&mut self) -> Result<()> {
        self.create_central()?;
        output(&mut self.control_command(&["migrate"]))?;
        if self.state.cluster_port != Some(self.state.ports.postgres) {
            let port = self.state.ports.postgres.to_string();
            let named = ["cluster", "add", "--id", CLUSTER, "--host", "127.0.0.1", "--port", &port];
            self.told(&[&named[..], &["--budget", "100", "--json"]].concat())?;
            self.state.cluster_port = Some(self.state.ports.postgres);
        }
        if self.state.node.is_none() {
            let said = self.told(&["node", "enrol", "--name", "demo", "--roles", "serve,work,fleet", "--json"])?;
            let link = NodeLink { token: text(&said, "token")?, feed_public_key: text(&said, "feed_public_key")? };
            self.state.node = Some(link);
        }
        self.save()?;
        if self.state.admin.is_none() {
            let email = format!("admin@{BASE_DOMAIN}");
            let said = self.told(&["admin", "create", "--email", &email, "--name", "Demo Admin", "--json"])?;
            let (password, totp_secret) = (text(&said, "password")?, text(&said, "totp_secret")?);
            self.state.admin = Some(Admin { email, password, totp_secret });
        }
        self.save()
    }

    fn create_central(&self) -> Result<()> {
        let there = self.postgres.sql("postgres", &format!("select 1 from pg_database where datname = '{CENTRAL}'"))?;
        if there.is_empty() {
            let password = &self.state.secrets.central;
            self.postgres.sql("postgres", &format!("drop role if exists {CENTRAL}"))?;
            self.postgres.sql("postgres", &format!("create role {CENTRAL} login password '{password}'"))?;
            self.postgres.sql("postgres", &format!("create database {CENTRAL} owner {CENTRAL}"))?;
        }
        Ok(())
    }

    fn told(&self, arguments: &[&str]) -> Result<Value> {
        let said = output(&mut self.control_command(arguments))?;
        serde_json::from_str(said.trim())
            .with_context(|| format!("hotelhub-control {} said no JSON", arguments.join(" ")))
    }

    fn control_command(&self, arguments: &[&str]) -> Command {
        let (state, ports) = (&self.state, &self.state.ports);
        let mut command = Command::new(self.programs.control());
        command.args(arguments).envs([
            ("CENTRAL_DATABASE_URL", self.central_dsn()),
            ("HOTELHUB_LISTEN", format!("127.0.0.1:{}", ports.control)),
            ("HOTELHUB_METRICS_LISTEN", format!("127.0.0.1:{}", ports.control_metrics)),
            ("HOTELHUB_BASE_DOMAIN", BASE_DOMAIN.to_owned()),
            ("HOTELHUB_PUBLIC_URL", self.control_url()),
            ("HOTELHUB_TENANT_ORIGIN_PORT", ports.node.to_string()),
            ("HOTELHUB_FEED_KEY", state.secrets.feed_key.clone()),
            ("HOTELHUB_SECRET_KEY", state.secrets.secret_key.clone()),
            ("HOTELHUB_SMTP_URL", format!("smtp://127.0.0.1:{}", ports.smtp)),
            ("HOTELHUB_MAIL_FROM", MAIL_FROM.to_owned()),
            ("HOTELHUB_REDIS_URL", self.redis.url()),
            ("HOTELHUB_LOG", "info".to_owned()),
            ("HOTELHUB_LOG_FORMAT", "json".to_owned()),
        ]);
        command.envs(self.exchange());
        command
    }

    /// What both planes are told of the exchange.
    fn exchange(&self) -> Vec<(&'static str, String)> {
        let Some(key) = &self.state.secrets.exchange_key else { return Vec::new() };
        let store = format!("file://{}", self.folder.join("exchange").display());
        vec![("HOTELHUB_EXCHANGE_KEY", key.clone()), ("HOTELHUB_EXCHANGE_STORE", store)]
    }

    fn node_command(&self) -> Result<Command> {
        let (state, ports) = (&self.state, &self.state.ports);
        let link = state.node.as_ref().context("the node is not enrolled")?;
        let mut command = Command::new(self.programs.node());
        command.args(["serve", "--all-in-one"]).envs([
            ("APP_MODE", "saas".to_owned()),
            ("HOTELHUB_LISTEN", format!("127.0.0.1:{}", ports.node)),
            ("HOTELHUB_METRICS_LISTEN", format!("127.0.0.1:{}", ports.node_metrics)),
            ("HOTELHUB_CONTROL_URL", format!("http://127.0.0.1:{}", ports.control)),
            ("HOTELHUB_NODE_TOKEN", link.token.clone()),
            ("HOTELHUB_FEED_PUBLIC_KEY", link.feed_public_key.clone()),
            ("HOTELHUB_STATE_DIR", self.folder.join("node").display().to_string()),
            ("HOTELHUB_CLUSTER_KEYS", format!("{CLUSTER}={}", state.secrets.cluster_key)),
            ("HOTELHUB_CLUSTER_ADMINS", format!("{CLUSTER}={}", self.postgres.dsn("postgres"))),
            ("HOTELHUB_NODE_SECRET", state.secrets.node_secret.clone()),
            ("HOTELHUB_BASE_DOMAIN", BASE_DOMAIN.to_owned()),
            ("HOTELHUB_VENDOR_URL", self.control_url()),
            ("HOTELHUB_REDIS_URL", self.redis.url()),
            ("HOTELHUB_SMTP_URL", format!("smtp://127.0.0.1:{}", ports.smtp)),
            ("HOTELHUB_MAIL_FROM", MAIL_FROM.to_owned()),
            ("HOTELHUB_PUBLIC_SCHEME", "http".to_owned()),
            ("HOTELHUB_LOG", "info".to_owned()),
            ("HOTELHUB_LOG_FORMAT", "json".to_owned()),
        ]);
        if let Some(key) = &state.secrets.backup_key {
            let store = self.folder.join("backups");
            fs::create_dir_all(&store)?;
            command.env("HOTELHUB_BACKUP_KEY", key);
            command.env("HOTELHUB_BACKUP_STORE", format!("file://{}", store.display()));
        }
        command.envs(self.exchange());
        fs::create_dir_all(self.folder.join("exchange"))?;
        fs::create_dir_all(self.folder.join("node"))?;
        Ok(command)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        summary::withdraw(&self.folder);
        for process in [&mut self.node, &mut self.control, &mut self.mail].into_iter().flatten() {
            process.stop(Duration::from_secs(15));
        }
        self.redis.process.stop(Duration::from_secs(5));
        // Its last checkpoint writes every file that was touched: slow on a slow disk, and worth waiting for.
        self.postgres.process.stop(Duration::from_secs(60));
        self.traces.clear();
    }
}

/// The text under `key`, or a complaint that names it.
pub(super) fn text(value: &Value, key: &str) -> Result<String> {
    value[key].as_str().map(str::to_owned).with_context(|| format!("no {key} in {value}"))
}
