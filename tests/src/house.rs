//! Both planes, a mailbox and their settings.
mod clusters;
mod nodes;
mod wal;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use hotelhub_kernel::{Entropy, Key};
use hotelhub_protocol::FeedKey;
use hotelhub_testkit::{dsn_in, dsn_of, free_port};
use serde::Deserialize;
use serde_json::Value;
use tokio_postgres::{Client, Config, NoTls};

use crate::connection::{Connection, get};
use crate::patience::patiently;
use crate::process::Process;
use crate::servers::Programs;

pub use self::nodes::{Beside, Papers};

/// The base domain of every house under test.
const BASE_DOMAIN: &str = "hotelhub.localhost";

/// The one Postgres server of the house, as the planes name it.
const CLUSTER: &str = "jkt-1";

/// What a house is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the programs lie.
    pub programs: Programs,
    /// Where logs and the node's state go; made when absent.
    pub dir: PathBuf,
    /// The Postgres superuser's connection string.
    pub admin_dsn: String,
    /// Redis, when the house has one.
    pub redis_url: Option<String>,
    /// The name of the central database; made when absent.
    pub central: String,
    /// Connections the tenant server may see from all nodes.
    pub budget: u16,
    /// Ready-made databases kept in store.
    pub ready_databases: u16,
}

/// A running house.
#[derive(Debug)]
pub struct House {
    settings: Settings,
    control_env: Vec<(String, String)>,
    node_env: Vec<(String, String)>,
    control_port: u16,
    node_port: u16,
    metrics_port: u16,
    mailbox: u16,
    /// The vendor's first administrator: mail address, password, TOTP secret.
    pub admin: Admin,
    /// The control plane, web and work.
    pub control: Process,
    /// The node, all roles in one.
    pub node: Process,
    mail: Process,
    cluster_key: Key,
}

/// The vendor's first administrator.
#[derive(Clone, Debug, Deserialize)]
pub struct Admin {
    /// Mail address.
    pub email: String,
    /// Password.
    pub password: String,
    /// TOTP secret, base32.
    pub totp_secret: String,
}

impl House {
    /// Starts everything and waits until both planes are ready.
    pub async fn start(settings: Settings) -> Result<Self> {
        Self::start_with(settings, Key::new(Entropy::system().bytes())).await
    }

    /// The same where the passwords of the tenants' roles on the server derive from this key already.
    pub async fn start_with(settings: Settings, cluster_key: Key) -> Result<Self> {
        std::fs::create_dir_all(settings.dir.join("backups"))?;
        let central_dsn = central_database(&settings).await?;
        let (mail, smtp, mailbox) = start_mailbox(&settings).await?;
        let (control_port, node_port, metrics_port) = (free_port()?, free_port()?, free_port()?);
        let keys = Keys::roll(cluster_key);
        let control_env = control_env(&settings, &keys, &central_dsn, &smtp, control_port, node_port);
        let (admin, token) = furnish(&settings, &control_env).await?;
        let node_env = node_env(&settings, &keys, &smtp, &token, [control_port, node_port, metrics_port]);
        let mut control = start_control(&settings, &control_env)?;
        control.until_healthy(control_port, "/readyz").await?;
        let mut node = start_node(&settings, &node_env)?;
        node.until_healthy(node_port, "/readyz").await?;
        Ok(Self {
            settings,
            control_env,
            node_env,
            control_port,
            node_port,
            metrics_port,
            mailbox,
            admin,
            control,
            node,
            mail,
            cluster_key: keys.cluster,
        })
    }

    /// The key from which the passwords of the tenants' roles are derived.
    pub fn cluster_key(&self) -> &Key {
        &self.cluster_key
    }

    /// The control plane's address.
    pub fn control_url(&self) -> String {
        format!("http://{BASE_DOMAIN}:{}", self.control_port)
    }

    /// The control plane's address for who finds no names below `localhost`.
    pub fn control_url_by_address(&self) -> String {
        format!("http://127.0.0.1:{}", self.control_port)
    }

    /// The port hotels are served at.
    pub fn node_port(&self) -> u16 {
        self.node_port
    }

    /// The port of the control plane.
    pub fn control_port(&self) -> u16 {
        self.control_port
    }

    /// What the node counts under this name, over all labels.
    pub async fn counted(&self, name: &str) -> Result<f64> {
        self.counted_at(self.metrics_port, name).await
    }

    /// The same of the node that shows its measurements at this port.
    pub async fn counted_at(&self, metrics: u16, name: &str) -> Result<f64> {
        let shown = Connection::open(metrics).await?.send(&get("metrics.localhost", "/metrics", None)).await?;
        let shown = String::from_utf8(shown.body)?;
        let counts = shown.lines().filter_map(|line| line.strip_prefix(name)?.rsplit_once(' ')?.1.parse::<f64>().ok());
        Ok(counts.sum())
    }

    /// A token of the administrator's, for a script of this role.
    pub async fn mint_token(&self, role: &str) -> Result<String> {
        let mint = ["token", "mint", "--email", &self.admin.email, "--name", role, "--role", role, "--json"];
        let control = self.settings.programs.path("hotelhub-control");
        let minted: Value = serde_json::from_str(&Process::run(&control, &mint, &self.control_env).await?)?;
        Ok(minted.get("token").and_then(Value::as_str).context("no token")?.to_owned())
    }

    /// `<slug>.<base>:<port>`, as a browser writes it into `Host`.
    pub fn host(&self, slug: &str) -> String {
        format!("{slug}.{BASE_DOMAIN}:{}", self.node_port)
    }

    /// Starts the control plane again after it was killed or stopped.
    pub async fn restart_control(&mut self) -> Result<()> {
        self.control = start_control(&self.settings, &self.control_env)?;
        self.control.until_healthy(self.control_port, "/readyz").await
    }

    /// Starts the control plane anew with another number of ready-made databases to keep in store.
    pub async fn keep_ready_databases(&mut self, count: u16) -> Result<()> {
        self.set_control("HOTELHUB_READY_DATABASES", &count.to_string()).await
    }

    /// Starts the control plane anew with another setting.
    pub async fn set_control(&mut self, key: &str, value: &str) -> Result<()> {
        self.control_env.retain(|(known, _)| known != key);
        self.control_env.push(pair(key, value));
        self.control.stop().await?;
        self.restart_control().await
    }

    /// Starts both planes anew with an exchange for hotels that leave and come, and the node with a store of backups.
    pub async fn exchange(&mut self) -> Result<()> {
        let key = Key::new(Entropy::system().bytes()).expose_base64();
        for name in ["exchange", "backups"] {
            std::fs::create_dir_all(self.settings.dir.join(name))?;
        }
        let store = |name: &str| format!("file://{}", self.settings.dir.join(name).display());
        let shared = [pair("HOTELHUB_EXCHANGE_STORE", store("exchange")), pair("HOTELHUB_EXCHANGE_KEY", key)];
        let backups = Key::new(Entropy::system().bytes()).expose_base64();
        self.node_env.extend([pair("HOTELHUB_BACKUP_STORE", store("backups")), pair("HOTELHUB_BACKUP_KEY", backups)]);
        self.node_env.extend(shared.clone());
        self.control_env.extend(shared);
        self.node.stop().await?;
        self.control.stop().await?;
        self.restart_control().await?;
        self.restart_node().await
    }

    /// The settings of the control plane.
    pub fn control_env(&self) -> &[(String, String)] {
        &self.control_env
    }

    /// Starts the node again after it was killed or stopped.
    pub async fn restart_node(&mut self) -> Result<()> {
        self.node = start_node(&self.settings, &self.node_env)?;
        self.node.until_healthy(self.node_port, "/readyz").await
    }

    /// The letters that reached the mailbox for this address, oldest first, once there are at least `count`.
    pub async fn letters(&self, to: &str, count: usize) -> Result<Vec<Value>> {
        let request = get("mailbox.localhost", &format!("/api/mails?to={to}"), None);
        patiently(60, &format!("{count} letters to {to}"), async || {
            let letters = Connection::open(self.mailbox).await?.send(&request).await?.json(200)?;
            let letters: Vec<Value> = serde_json::from_value(letters)?;
            Ok((letters.len() >= count).then_some(letters))
        })
        .await
    }

    /// Nobody enters the central database any more, and who is in it is put out.
    pub async fn close_central(&self) -> Result<()> {
        let (admin, central) = (connect(&self.settings.admin_dsn).await?, &self.settings.central);
        admin.batch_execute(&format!("alter database {central} with allow_connections false")).await?;
        let all = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
        admin.query(all, &[central]).await?;
        Ok(())
    }

    /// Where the central database answers.
    pub fn central_dsn(&self) -> String {
        dsn_of(&self.settings.admin_dsn, &self.settings.central)
    }

    /// The name of the database of the hotel with this slug.
    pub async fn database_of(&self, slug: &str) -> Result<String> {
        let central = connect(&self.central_dsn()).await?;
        let sql = "select d.name from databases d join tenants t on t.id = d.tenant_id where t.slug = $1";
        Ok(central.query_opt(sql, &[&slug]).await?.with_context(|| format!("no hotel {slug}"))?.get(0))
    }

    /// The superuser's way into the quarters of the hotel with this slug.
    pub async fn tenant_dsn(&self, slug: &str) -> Result<String> {
        Ok(dsn_in(&self.settings.admin_dsn, &self.database_of(slug).await?))
    }

    /// What the house was started with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Stops every process of the house, politely.
    pub async fn stop(mut self) -> Result<()> {
        self.node.stop().await?;
        self.control.stop().await?;
        self.mail.kill().await
    }
}

/// Secrets of one house.
struct Keys {
    feed: Key,
    secret: Key,
    cluster: Key,
    node: Key,
    backup: Key,
}

impl Keys {
    fn roll(cluster: Key) -> Self {
        let entropy = Entropy::system();
        let [feed, secret, node, backup] = std::array::from_fn(|_| Key::new(entropy.bytes()));
        Self { feed, secret, cluster, node, backup }
    }
}

fn pair(key: &str, value: impl Into<String>) -> (String, String) {
    (key.to_owned(), value.into())
}

fn control_env(
    settings: &Settings,
    keys: &Keys,
    central_dsn: &str,
    smtp: &str,
    control_port: u16,
    node_port: u16,
) -> Vec<(String, String)> {
    let mut env = vec![
        pair("CENTRAL_DATABASE_URL", central_dsn),
        pair("HOTELHUB_LISTEN", format!("127.0.0.1:{control_port}")),
        pair("HOTELHUB_METRICS_LISTEN", "127.0.0.1:0"),
        pair("HOTELHUB_BASE_DOMAIN", BASE_DOMAIN),
        pair("HOTELHUB_PUBLIC_URL", format!("http://{BASE_DOMAIN}:{control_port}")),
        pair("HOTELHUB_TENANT_ORIGIN_PORT", node_port.to_string()),
        pair("HOTELHUB_FEED_KEY", keys.feed.expose_base64()),
        pair("HOTELHUB_SECRET_KEY", keys.secret.expose_base64()),
        pair("HOTELHUB_SMTP_URL", format!("smtp://{smtp}")),
        pair("HOTELHUB_MAIL_FROM", "HotelHub <halo@hotelhub.localhost>"),
        pair("HOTELHUB_READY_DATABASES", settings.ready_databases.to_string()),
        pair("HOTELHUB_SIGNUPS_PER_HOUR", "1000000"),
        pair("HOTELHUB_LOG_FORMAT", "json"),
    ];
    env.extend(settings.redis_url.iter().map(|url| pair("HOTELHUB_REDIS_URL", url.as_str())));
    env
}

fn node_env(settings: &Settings, keys: &Keys, smtp: &str, token: &str, ports: [u16; 3]) -> Vec<(String, String)> {
    let [control_port, node_port, metrics_port] = ports;
    let mut env = vec![
        pair("APP_MODE", "saas"),
        pair("HOTELHUB_LISTEN", format!("127.0.0.1:{node_port}")),
        pair("HOTELHUB_METRICS_LISTEN", format!("127.0.0.1:{metrics_port}")),
        pair("HOTELHUB_CONTROL_URL", format!("http://127.0.0.1:{control_port}")),
        pair("HOTELHUB_VENDOR_URL", format!("http://{BASE_DOMAIN}:{control_port}")),
        pair("HOTELHUB_NODE_TOKEN", token),
        pair("HOTELHUB_FEED_PUBLIC_KEY", FeedKey::new(&keys.feed).verifier().to_base64()),
        pair("HOTELHUB_STATE_DIR", settings.dir.join("node-state").to_string_lossy()),
        pair("HOTELHUB_CLUSTER_KEYS", format!("{CLUSTER}={}", keys.cluster.expose_base64())),
        pair("HOTELHUB_CLUSTER_ADMINS", format!("{CLUSTER}={}", settings.admin_dsn)),
        pair("HOTELHUB_NODE_SECRET", keys.node.expose_base64()),
        pair("HOTELHUB_BACKUP_STORE", format!("file://{}", settings.dir.join("backups").display())),
        pair("HOTELHUB_BACKUP_KEY", keys.backup.expose_base64()),
        pair("HOTELHUB_BASE_DOMAIN", BASE_DOMAIN),
        pair("HOTELHUB_PUBLIC_SCHEME", "http"),
        pair("HOTELHUB_SMTP_URL", format!("smtp://{smtp}")),
        pair("HOTELHUB_MAIL_FROM", "HotelHub <halo@hotelhub.localhost>"),
        pair("HOTELHUB_LOG_FORMAT", "json"),
    ];
    env.extend(settings.redis_url.iter().map(|url| pair("HOTELHUB_REDIS_URL", url.as_str())));
    env
}

/// Migrates the central database and writes what a first start needs: the server, the administrator, the node's token.
async fn furnish(settings: &Settings, env: &[(String, String)]) -> Result<(Admin, String)> {
    let control = settings.programs.path("hotelhub-control");
    let server: Config = settings.admin_dsn.parse()?;
    let port = server.get_ports().first().copied().unwrap_or(5432).to_string();
    let budget = settings.budget.to_string();
    Process::run(&control, &["migrate"], env).await?;
    let cluster =
        ["cluster", "add", "--id", CLUSTER, "--host", "127.0.0.1", "--port", &port, "--budget", &budget, "--json"];
    Process::run(&control, &cluster, env).await?;
    let admin = ["admin", "create", "--email", "admin@hotelhub.localhost", "--name", "Admin", "--json"];
    let admin = serde_json::from_str(&Process::run(&control, &admin, env).await?)?;
    let node = ["node", "enrol", "--name", "node-1", "--roles", "serve,work,fleet", "--json"];
    let node: Value = serde_json::from_str(&Process::run(&control, &node, env).await?)?;
    let token = node.get("token").and_then(Value::as_str).context("no token for the node")?;
    Ok((admin, token.to_owned()))
}

fn start_control(settings: &Settings, env: &[(String, String)]) -> Result<Process> {
    Process::start(&settings.dir, "control", &settings.programs.path("hotelhub-control"), &["serve", "--work"], env)
}

fn start_node(settings: &Settings, env: &[(String, String)]) -> Result<Process> {
    Process::start(&settings.dir, "node", &settings.programs.path("hotelhub"), &["serve", "--all-in-one"], env)
}

async fn start_mailbox(settings: &Settings) -> Result<(Process, String, u16)> {
    let (smtp, http) = (free_port()?, free_port()?);
    let program = settings.programs.path("hotelhub-standins");
    let [smtp, inbox] = [smtp, http].map(|port| format!("127.0.0.1:{port}"));
    let args = ["mail", "--smtp", &smtp, "--http", &inbox];
    let mut mail = Process::start(&settings.dir, "mail", &program, &args, &[])?;
    mail.until_healthy(http, "/api/mails").await?;
    Ok((mail, smtp, http))
}

async fn central_database(settings: &Settings) -> Result<String> {
    let client = connect(&settings.admin_dsn).await?;
    let there = client.query_opt("select 1 from pg_database where datname = $1", &[&settings.central]).await?;
    if there.is_none() {
        client.batch_execute(&format!("create database {}", settings.central)).await?;
    }
    Ok(dsn_of(&settings.admin_dsn, &settings.central))
}

/// A look into a database from outside.
pub async fn connect(dsn: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(dsn, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
