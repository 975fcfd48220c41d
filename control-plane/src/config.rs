//! What the environment and the flags say, read once, in `main`.
mod s3;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use hotelhub_kernel::{Host, Key, Secret, Slug};
use hotelhub_store::{Origin, S3Access};
use hotelhub_web::origin::Scheme;
use hotelhub_web::telemetry::Format;

use self::s3::S3Flags;

/// Where the central database is.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct DatabaseFlags {
    /// The central database, postgres://user:password@host:port/name.
    #[arg(long, env = "CENTRAL_DATABASE_URL", hide_env_values = true, value_parser = secret)]
    central_database_url: Option<Secret<String>>,
    /// A file that holds the same.
    #[arg(long, env = "CENTRAL_DATABASE_URL_FILE")]
    central_database_url_file: Option<PathBuf>,
}

/// How the log is written.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct LogFlags {
    /// What is logged, as in "info,hotelhub_control_plane=debug". At info a request leaves a line when it was refused, failed or slow;
    /// with hotelhub_web=debug each does.
    #[arg(long, env = "HOTELHUB_LOG", default_value = "info,sqlx::postgres::notice=warn")]
    pub log: String,
    /// json for machines, pretty for eyes.
    #[arg(long, env = "HOTELHUB_LOG_FORMAT", value_enum, default_value = "json")]
    pub log_format: Format,
}

/// The settings of the control plane.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct Flags {
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    log: LogFlags,
    /// Connections to the central database at most.
    #[arg(long, env = "HOTELHUB_DATABASE_CONNECTIONS", default_value_t = 20)]
    database_connections: u32,
    /// Where visitors, staff and nodes are answered.
    #[arg(long, env = "HOTELHUB_LISTEN", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Where measurements are shown; without it they are not.
    #[arg(long, env = "HOTELHUB_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    /// The domain under which hotels have their names.
    #[arg(long, env = "HOTELHUB_BASE_DOMAIN", default_value = "hotelhub.localhost", value_parser = host)]
    base_domain: Host,
    /// How browsers reach this plane; its scheme is the hotels' too.
    #[arg(long, env = "HOTELHUB_PUBLIC_URL", default_value = "http://hotelhub.localhost:8081")]
    public_url: String,
    /// The port in the hotels' addresses; without it the scheme's own.
    #[arg(long, env = "HOTELHUB_TENANT_ORIGIN_PORT")]
    tenant_origin_port: Option<u16>,
    /// Signs what nodes act on: 32 random bytes in base64. Nodes are given the public half, see `node enrol`.
    #[arg(long, env = "HOTELHUB_FEED_KEY", hide_env_values = true, value_parser = secret)]
    feed_key: Option<Secret<String>>,
    /// A file that holds the same.
    #[arg(long, env = "HOTELHUB_FEED_KEY_FILE")]
    feed_key_file: Option<PathBuf>,
    /// What sessions and links derive from: 32 random bytes in base64.
    #[arg(long, env = "HOTELHUB_SECRET_KEY", hide_env_values = true, value_parser = secret)]
    secret_key: Option<Secret<String>>,
    /// A file that holds the same.
    #[arg(long, env = "HOTELHUB_SECRET_KEY_FILE")]
    secret_key_file: Option<PathBuf>,
    /// Where letters are handed over, smtp://user:password@host:port; without it they wait.
    #[arg(long, env = "HOTELHUB_SMTP_URL", hide_env_values = true, value_parser = secret)]
    smtp_url: Option<Secret<String>>,
    /// A file that holds the same.
    #[arg(long, env = "HOTELHUB_SMTP_URL_FILE")]
    smtp_url_file: Option<PathBuf>,
    /// Who letters are from.
    #[arg(long, env = "HOTELHUB_MAIL_FROM", default_value = "HotelHub <halo@hotelhub.localhost>")]
    mail_from: String,
    /// Proxies whose X-Forwarded-For is believed.
    #[arg(long, env = "HOTELHUB_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Vec<IpAddr>,
    /// Where processes count attempts together; without it each counts alone.
    #[arg(long, env = "HOTELHUB_REDIS_URL", hide_env_values = true, value_parser = secret)]
    redis_url: Option<Secret<String>>,
    /// A file that holds the same.
    #[arg(long, env = "HOTELHUB_REDIS_URL_FILE")]
    redis_url_file: Option<PathBuf>,
    /// Where the routing table is left for nodes that start without a disk while this plane is away, s3://bucket/prefix or
    /// file:///srv/hotelhub; without it they have only one another to ask.
    #[arg(long, env = "HOTELHUB_ROUTES_STORE")]
    routes_store: Option<Origin>,
    #[command(flatten)]
    s3: S3Flags,
    /// Databases kept ready for sign-ups on each cluster.
    #[arg(long, env = "HOTELHUB_READY_DATABASES", default_value_t = 4)]
    ready_databases: u32,
    /// Connections reserved on each cluster for each node that serves or works, out of the cluster's budget: a node that starts without a
    /// disk while this plane is away has these and no more. At most half of a role's part of the budget is reserved; nodes that come after
    /// that have nothing before they are granted a share. What was reserved for a node stays so until it is retired.
    #[arg(long, env = "HOTELHUB_LONELY_CONNECTIONS", default_value_t = 4)]
    lonely_connections: u32,
    /// Sign-ups taken from one address in an hour.
    #[arg(long, env = "HOTELHUB_SIGNUPS_PER_HOUR", default_value_t = 20)]
    signups_per_hour: u32,
    /// Days for which a deleted hotel's database is kept, so that it can be undeleted. Those that are deleted already keep what they were
    /// promised.
    #[arg(long, env = "HOTELHUB_TENANT_GRACE_DAYS", default_value_t = 30)]
    tenant_grace_days: u16,
    /// Days after its deletion for which a hotel's backups are kept, and at least until its name is free: a copy can be made of them
    /// meanwhile. It goes for those that are deleted already too.
    #[arg(long, env = "HOTELHUB_TENANT_BACKUP_DAYS", default_value_t = 90)]
    tenant_backup_days: u16,
    /// Where exported hotels lie on their way out and in, s3://bucket/prefix or file:///var/lib/hotelhub/exchange, a bucket or a folder that
    /// is there: the very one that the fleet role has, such as a network disk. Without it none are exported.
    #[arg(long, env = "HOTELHUB_EXCHANGE_STORE")]
    exchange_store: Option<Origin>,
    /// What they are sealed with there: 32 random bytes in base64, the same as the fleet role's, and another than the backups'. To turn it
    /// name more than one, with commas: the first seals, each opens. How, step by step: docs/runbooks/turn-a-key.md.
    #[arg(long, env = "HOTELHUB_EXCHANGE_KEY", hide_env_values = true, value_parser = secret)]
    exchange_key: Option<Secret<String>>,
    /// A file that holds the same.
    #[arg(long, env = "HOTELHUB_EXCHANGE_KEY_FILE")]
    exchange_key_file: Option<PathBuf>,
}

/// Where exported hotels lie on their way, and what they are sealed with there.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Where they lie.
    pub origin: Origin,
    /// What they are sealed with.
    pub key: Key,
    /// What else opens them: they were sealed with it, or are going to be.
    pub older: Vec<Key>,
}

/// The effective settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The central database.
    pub database_url: Secret<String>,
    /// Connections to it at most.
    pub database_connections: u32,
    /// How the log is written.
    pub log: LogFlags,
    /// Where visitors, staff and nodes are answered.
    pub listen: SocketAddr,
    /// Where measurements are shown.
    pub metrics_listen: Option<SocketAddr>,
    /// The domain under which hotels have their names.
    pub base_domain: Host,
    /// How browsers reach this plane, without a slash at the end.
    pub public_url: String,
    /// The scheme of every address.
    pub scheme: Scheme,
    /// The port in the hotels' addresses.
    pub tenant_origin_port: Option<u16>,
    /// Signs what nodes act on.
    pub feed_key: Key,
    /// What sessions and links derive from.
    pub secret_key: Key,
    /// Where letters are handed over.
    pub smtp_url: Option<Secret<String>>,
    /// Who letters are from.
    pub mail_from: String,
    /// Proxies whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where processes count attempts together.
    pub redis_url: Option<Secret<String>>,
    /// Where the routing table is left for nodes.
    pub routes_store: Option<Origin>,
    /// Who asks for buckets.
    pub s3: Option<S3Access>,
    /// Databases kept ready on each cluster.
    pub ready_databases: u32,
    /// Connections reserved on each cluster for each node that serves or works.
    pub lonely_connections: u32,
    /// Sign-ups taken from one address in an hour.
    pub signups_per_hour: u32,
    /// Days for which a deleted hotel's database is kept.
    pub tenant_grace_days: u16,
    /// Days after its deletion for which a hotel's backups are kept.
    pub tenant_backup_days: u16,
    /// Where exported hotels lie on their way.
    pub exchange: Option<Exchange>,
}

fn secret(text: &str) -> Result<Secret<String>, std::convert::Infallible> {
    Ok(Secret::new(text.to_owned()))
}

fn host(text: &str) -> Result<Host, String> {
    Host::parse(text).map_err(|bad| bad.to_string())
}

/// The secret itself or what its file holds; both is one too many.
pub(crate) fn resolve(
    name: &str,
    value: Option<Secret<String>>,
    file: Option<&Path>,
) -> Result<Option<Secret<String>>> {
    match (value, file) {
        (Some(_), Some(_)) => bail!("{name} and {name}_FILE are both set: keep one"),
        (Some(value), None) => Ok(Some(value)),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("{name}_FILE: {}", file.display()))?;
            Ok(Some(Secret::new(text.trim().to_owned())))
        }
        (None, None) => Ok(None),
    }
}

fn key(name: &str, value: Option<Secret<String>>, file: Option<&Path>) -> Result<Key> {
    let text = given(name, value, file)?;
    Key::from_base64(text.expose()).with_context(|| format!("{name} is not 32 bytes of base64"))
}

/// The key that seals, and those that open besides.
fn keys(name: &str, value: Option<Secret<String>>, file: Option<&Path>) -> Result<(Key, Vec<Key>)> {
    let text = given(name, value, file)?;
    let keys: Option<Vec<Key>> = text.expose().split(',').map(|key| Key::from_base64(key.trim())).collect();
    let mut keys = keys.unwrap_or_default().into_iter();
    let first = keys.next().with_context(|| format!("{name} is not 32 bytes of base64, or several with commas"))?;
    Ok((first, keys.collect()))
}

fn given(name: &str, value: Option<Secret<String>>, file: Option<&Path>) -> Result<Secret<String>> {
    resolve(name, value, file)?.with_context(|| {
        format!("{name} is not set: give it 32 random bytes in base64, as `openssl rand -base64 32` makes")
    })
}

fn exchange(origin: Origin, value: Option<Secret<String>>, file: Option<&Path>) -> Result<Exchange> {
    let (key, older) = keys("HOTELHUB_EXCHANGE_KEY", value, file)?;
    Ok(Exchange { origin, key, older })
}

impl DatabaseFlags {
    /// The central database's address.
    pub fn url(&self) -> Result<Secret<String>> {
        let name = "CENTRAL_DATABASE_URL";
        let url = resolve(name, self.central_database_url.clone(), self.central_database_url_file.as_deref())?;
        url.with_context(|| format!("{name} is not set: where is the central database?"))
    }
}

impl Flags {
    /// Reads secrets out of their files and checks what only sense can check.
    pub fn settings(self) -> Result<Settings> {
        let public_url = self.public_url.trim_end_matches('/').to_owned();
        let scheme = public_url.split_once("://").and_then(|(scheme, _)| Scheme::parse(scheme));
        Ok(Settings {
            database_url: self.database.url()?,
            database_connections: self.database_connections.max(4),
            log: self.log,
            listen: self.listen,
            metrics_listen: self.metrics_listen,
            base_domain: self.base_domain,
            scheme: scheme.context("HOTELHUB_PUBLIC_URL begins with http:// or https://")?,
            public_url,
            tenant_origin_port: self.tenant_origin_port,
            feed_key: key("HOTELHUB_FEED_KEY", self.feed_key, self.feed_key_file.as_deref())?,
            secret_key: key("HOTELHUB_SECRET_KEY", self.secret_key, self.secret_key_file.as_deref())?,
            smtp_url: resolve("HOTELHUB_SMTP_URL", self.smtp_url, self.smtp_url_file.as_deref())?,
            mail_from: self.mail_from,
            trusted_proxies: self.trusted_proxies,
            redis_url: resolve("HOTELHUB_REDIS_URL", self.redis_url, self.redis_url_file.as_deref())?,
            routes_store: self.routes_store,
            s3: self.s3.access()?,
            ready_databases: self.ready_databases,
            lonely_connections: self.lonely_connections,
            signups_per_hour: self.signups_per_hour,
            tenant_grace_days: self.tenant_grace_days,
            tenant_backup_days: self.tenant_backup_days,
            exchange: match self.exchange_store {
                Some(origin) => Some(exchange(origin, self.exchange_key, self.exchange_key_file.as_deref())?),
                None => None,
            },
        })
    }
}

impl Settings {
    /// Where browsers reach a hotel, without a slash at the end.
    pub fn tenant_origin(&self, slug: &Slug) -> String {
        self.origin_of(&format!("{slug}.{}", self.base_domain))
    }

    /// Where browsers reach a hotel's host.
    pub fn origin_of(&self, host: &str) -> String {
        let port = self.tenant_origin_port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{host}{port}", self.scheme.as_str())
    }

    /// Every setting under its environment's name, secrets redacted.
    pub fn shown(&self) -> Vec<(&'static str, String)> {
        let redacted = || "[redacted]".to_owned();
        let hidden = |secret: &Option<Secret<String>>| secret.as_ref().map(|_| redacted()).unwrap_or_default();
        let proxies: Vec<String> = self.trusted_proxies.iter().map(IpAddr::to_string).collect();
        vec![
            ("CENTRAL_DATABASE_URL", redacted()),
            ("HOTELHUB_LOG", self.log.log.clone()),
            ("HOTELHUB_LOG_FORMAT", format!("{:?}", self.log.log_format).to_lowercase()),
            ("HOTELHUB_DATABASE_CONNECTIONS", self.database_connections.to_string()),
            ("HOTELHUB_LISTEN", self.listen.to_string()),
            ("HOTELHUB_METRICS_LISTEN", self.metrics_listen.map(|a| a.to_string()).unwrap_or_default()),
            ("HOTELHUB_BASE_DOMAIN", self.base_domain.to_string()),
            ("HOTELHUB_PUBLIC_URL", self.public_url.clone()),
            ("HOTELHUB_TENANT_ORIGIN_PORT", self.tenant_origin_port.map(|p| p.to_string()).unwrap_or_default()),
            ("HOTELHUB_FEED_KEY", redacted()),
            ("HOTELHUB_SECRET_KEY", redacted()),
            ("HOTELHUB_SMTP_URL", hidden(&self.smtp_url)),
            ("HOTELHUB_MAIL_FROM", self.mail_from.clone()),
            ("HOTELHUB_TRUSTED_PROXIES", proxies.join(",")),
            ("HOTELHUB_REDIS_URL", hidden(&self.redis_url)),
            ("HOTELHUB_ROUTES_STORE", self.routes_store.as_ref().map(Origin::to_string).unwrap_or_default()),
            ("HOTELHUB_S3_SECRET", self.s3.as_ref().map(|_| redacted()).unwrap_or_default()),
            ("HOTELHUB_READY_DATABASES", self.ready_databases.to_string()),
            ("HOTELHUB_LONELY_CONNECTIONS", self.lonely_connections.to_string()),
            ("HOTELHUB_SIGNUPS_PER_HOUR", self.signups_per_hour.to_string()),
            ("HOTELHUB_TENANT_GRACE_DAYS", self.tenant_grace_days.to_string()),
            ("HOTELHUB_TENANT_BACKUP_DAYS", self.tenant_backup_days.to_string()),
            ("HOTELHUB_EXCHANGE_STORE", self.exchange.as_ref().map(|at| at.origin.to_string()).unwrap_or_default()),
            ("HOTELHUB_EXCHANGE_KEY", self.exchange.as_ref().map(|_| redacted()).unwrap_or_default()),
        ]
    }
}
