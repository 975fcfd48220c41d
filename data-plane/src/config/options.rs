//! The flags and variables themselves, and how they become [`Settings`].
mod saas;

use std::convert::Infallible;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use hotelhub_kernel::{Host, Secret};
use hotelhub_store::BadStore;
use hotelhub_web::origin::Scheme;
use hotelhub_web::telemetry;
use thiserror::Error;

use self::saas::SaasOptions;
use super::{Backups, Mode, Settings, Standalone, files};
use crate::tenancy::PoolLimits;

/// The node of HotelHub: resolves the hotel of each request, reaches its database, runs the product on it.
///
/// Every setting is an environment variable and a flag; a flag wins. Every secret can also be given as `NAME_FILE`, the path of a file
/// that holds it. `hotelhub config` prints what is in effect.
#[derive(Debug, Parser)]
#[command(name = "hotelhub", version, args_override_self = true, after_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    options: Options,
}

const EXAMPLES: &str = "\
Examples:
  One hotel on one machine:
    APP_MODE=standalone DATABASE_URL=postgres://hotel:secret@localhost/hotel hotelhub serve
  The same for others than this machine, behind a proxy that speaks TLS:
    HOTELHUB_HOSTS=hotel.example HOTELHUB_TRUSTED_PROXIES=127.0.0.1 … hotelhub serve
  A node of a control plane:
    APP_MODE=saas HOTELHUB_CONTROL_URL=https://control.example HOTELHUB_NODE_TOKEN_FILE=/run/secrets/node … hotelhub serve
  What is in effect, without secrets:
    hotelhub config";

/// What the process does.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Answer guests and staff. Standalone, this is all there is: it migrates its database first.
    Serve {
        /// Do the work and the fleet's work too, with an administrator's rights in a process that strangers talk to: for a demo.
        #[arg(long)]
        all_in_one: bool,
    },
    /// Run the queues and schedules of the hotels.
    Work,
    /// Create and change hotel databases on the control plane's orders. Has no public listener.
    Fleet,
    /// Bring the database of a standalone house to this version's schema, and stop.
    Migrate,
    /// Keep and fetch the WAL of a Postgres server, for the server itself: what a base backup is brought to a point in time by.
    #[command(subcommand)]
    Wal(Wal),
    /// Write all data of a standalone house into one file, a ZIP of open tables; it goes on serving meanwhile.
    Export {
        /// The new file.
        file: PathBuf,
        /// A file that holds a passphrase: what is written is sealed with it.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Fill the empty database of a standalone house with an exported hotel: all of it or nothing. Then `serve` it; the log has a link for
    /// the owner, for passwords are never exported.
    Import {
        /// The exported file.
        file: PathBuf,
        /// A file that holds the passphrase it was sealed with.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
        /// Look through it and say what would come in, without a database.
        #[arg(long)]
        dry_run: bool,
    },
    /// Print the settings in effect, without secrets.
    Config {
        /// Print the reference of all settings instead, as Markdown.
        #[arg(long)]
        markdown: bool,
    },
    /// Print the schema of the JSON doors. No setting changes it.
    #[command(help_template = "{about-with-newline}\n{usage-heading} hotelhub openapi")]
    Openapi,
}

/// What a Postgres server has done with a file of its WAL. HOTELHUB_BACKUP_STORE and HOTELHUB_BACKUP_KEY are all it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Wal {
    /// For archive_command: `hotelhub wal keep --cluster main %p %f`. Ends well when the file is lasting in the store.
    Keep {
        /// The server's id, as the control plane has it.
        #[arg(long)]
        cluster: String,
        /// Where the file is.
        path: PathBuf,
        /// What it is called.
        name: String,
    },
    /// For restore_command: `hotelhub wal fetch --cluster main %f %p`. Ends with 1 when there is no such file, with 200 when there is no
    /// knowing, so that no recovery ends early for a store that is away.
    Fetch {
        /// The server's id, as the control plane has it.
        #[arg(long)]
        cluster: String,
        /// What it is called.
        name: String,
        /// Where it is to be.
        path: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AppMode {
    Saas,
    Standalone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PublicScheme {
    Http,
    Https,
}

#[derive(Debug, Args)]
struct Options {
    /// Many hotels told by a control plane, or one hotel by itself.
    #[arg(long, env = "APP_MODE", value_enum, default_value = "saas", global = true)]
    mode: AppMode,
    #[command(flatten)]
    http: Http,
    #[command(flatten)]
    outside: Outside,
    #[command(flatten)]
    pool: Pool,
    #[command(flatten)]
    standalone: StandaloneOptions,
    #[command(flatten)]
    saas: SaasOptions,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Listening")]
struct Http {
    /// Where guests and staff are answered.
    #[arg(long, env = "HOTELHUB_LISTEN", default_value = "127.0.0.1:8080", global = true)]
    listen: SocketAddr,
    /// Where measurements are shown (`/metrics`), and other nodes take the routing table; nowhere when absent. Not for strangers.
    #[arg(long, env = "HOTELHUB_METRICS_LISTEN", global = true)]
    metrics_listen: Option<SocketAddr>,
    /// How browsers reach the hotels: https, by a proxy that speaks TLS. A standalone house that was given no hosts: http, on this
    /// machine alone.
    #[arg(long, env = "HOTELHUB_PUBLIC_SCHEME", value_enum, global = true)]
    public_scheme: Option<PublicScheme>,
    /// The port in links, where browsers come in at another than the scheme's own. With http: the one listened at, unless given.
    #[arg(long, env = "HOTELHUB_PUBLIC_PORT", global = true)]
    public_port: Option<u16>,
    /// Addresses of proxies whose X-Forwarded-For is believed, by commas.
    #[arg(long, env = "HOTELHUB_TRUSTED_PROXIES", value_delimiter = ',', global = true)]
    trusted_proxies: Vec<IpAddr>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Letters, wake-ups, logs")]
struct Outside {
    /// Where letters are handed over: `smtp://host:port`. Without it they stay queued.
    #[arg(long, env = "HOTELHUB_SMTP_URL", hide_env_values = true, value_parser = secret, global = true)]
    smtp_url: Option<Secret<String>>,
    /// Who letters are from.
    #[arg(long, env = "HOTELHUB_MAIL_FROM", default_value = "HotelHub <no-reply@hotelhub.localhost>", global = true)]
    mail_from: String,
    /// Redis, for wake-ups between processes. Without it they stay in the process.
    #[arg(long, env = "HOTELHUB_REDIS_URL", hide_env_values = true, value_parser = secret, global = true)]
    redis_url: Option<Secret<String>>,
    /// What is logged, as in `info,hotelhub_data_plane=debug`. At `info` a request leaves a line when it was refused, failed or slow;
    /// with `hotelhub_web=debug` each does.
    #[arg(long, env = "HOTELHUB_LOG", default_value = "info", global = true)]
    log: String,
    /// How a log line looks.
    #[arg(long, env = "HOTELHUB_LOG_FORMAT", value_enum, default_value = "json", global = true)]
    log_format: telemetry::Format,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Connections to the hotels' databases")]
struct Pool {
    /// Connections per Postgres server of a standalone house. A node of a control plane lives by what it is granted, or by what is reserved
    /// for it.
    #[arg(long, env = "HOTELHUB_CONNECTION_BUDGET", default_value_t = 40, global = true)]
    connection_budget: usize,
    /// How long a request waits for a connection before it is answered 503, in milliseconds.
    #[arg(long, env = "HOTELHUB_CONNECTION_WAIT_MS", default_value_t = 5_000, global = true)]
    connection_wait_ms: u64,
    /// After how many seconds an unused connection is closed.
    #[arg(long, env = "HOTELHUB_CONNECTION_IDLE_S", default_value_t = 60, global = true)]
    connection_idle_s: u64,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Standalone")]
struct StandaloneOptions {
    /// The hotel's database. Its user must own it. The line to it is in the clear.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_parser = secret, global = true)]
    database_url: Option<Secret<String>>,
    /// The host names it answers to, by commas; any when absent.
    #[arg(long, env = "HOTELHUB_HOSTS", value_delimiter = ',', value_parser = host, global = true)]
    hosts: Vec<Host>,
    /// How browsers reach the house, such as `http://192.168.1.5:8080`: letters link there, whatever the public scheme and port say.
    /// When absent the first host, or localhost.
    #[arg(long, env = "HOTELHUB_PUBLIC_URL", value_parser = address, global = true)]
    public_url: Option<String>,
    /// First run: the owner's mail address. It can be changed on the owner's own page.
    #[arg(long, env = "HOTELHUB_OWNER_EMAIL", global = true)]
    owner_email: Option<String>,
    /// The owner's password, while there is none: as long as that is so and this is not given, each start logs a link that works once.
    #[arg(long, env = "HOTELHUB_OWNER_PASSWORD", hide_env_values = true, value_parser = secret, global = true)]
    owner_password: Option<Secret<String>>,
    /// First run: the hotel's name.
    #[arg(long, env = "HOTELHUB_HOTEL_NAME", default_value = "Hotel", global = true)]
    hotel_name: String,
    /// First run: the hotel's time zone.
    #[arg(long, env = "HOTELHUB_TIME_ZONE", default_value = "Asia/Jakarta", global = true)]
    time_zone: String,
}

/// A setting that is missing or makes no sense.
#[derive(Debug, Error)]
pub enum BadSettings {
    /// Needed in this mode and not given.
    #[error("{0} is needed: give it as a variable, or the path of a file as {0}_FILE")]
    Missing(&'static str),
    /// Given and not understood.
    #[error("{0} is not understood: {1}")]
    Wrong(&'static str, &'static str),
    /// A store that cannot be opened.
    #[error("{0}: {1}")]
    Store(&'static str, BadStore),
    /// A process that strangers talk to holds no administrator's address.
    #[error(
        "HOTELHUB_CLUSTER_ADMINS is for `hotelhub fleet`: a process that serves refuses it, unless --all-in-one says this is a demo"
    )]
    AdministratorInPublic,
    /// A file named by a `…_FILE` variable could not be read.
    #[error("{0}_FILE names {1}: {2}")]
    File(String, String, std::io::Error),
}

/// Scheme, host and port of an address; nothing behind them.
fn address(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` is no address such as http://192.168.1.5:8080");
    let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| wrong())?;
    let bare = uri.path() == "/" && uri.query().is_none();
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme @ ("http" | "https")), Some(authority)) if bare && !authority.as_str().contains('@') => {
            Ok(format!("{scheme}://{authority}"))
        }
        _ => Err(wrong()),
    }
}

fn secret(text: &str) -> Result<Secret<String>, Infallible> {
    Ok(Secret::new(text.to_owned()))
}

fn host(text: &str) -> Result<Host, hotelhub_kernel::BadHost> {
    Host::parse(text)
}

/// What Postgres takes for trouble of another kind than a file that is not there.
pub const TROUBLE: u8 = 200;

/// The flags' matches as clap sees them, files read in.
pub(super) fn matches() -> Result<clap::ArgMatches, BadSettings> {
    let arguments = files::with_files(&Cli::command(), std::env::args_os())?;
    Ok(Cli::command().try_get_matches_from(arguments).unwrap_or_else(|error| explain(&error)))
}

/// Ends as clap would, but for Postgres, which takes a misspelt command for the end of its WAL.
fn explain(error: &clap::Error) -> ! {
    let fetches = error.use_stderr() && is_fetch();
    if fetches {
        let _ = error.print();
        let _ = std::io::stderr().flush();
        std::process::exit(TROUBLE.into());
    }
    error.exit()
}

/// Whether Postgres asks for a file: then every trouble is to be told from one that is not there. Flags may stand before the command.
pub fn is_fetch() -> bool {
    let words: Vec<_> = std::env::args_os().collect();
    words.windows(2).any(|two| matches!(two, [one, next] if one == "wal" && next == "fetch"))
}

/// What flags and environment say. It is read when it is asked for: not every command needs all of it.
pub struct Given(Cli);

/// What is to be done, and all that is said besides.
pub fn given() -> Result<(Command, Given), BadSettings> {
    let cli = Cli::from_arg_matches(&matches()?).unwrap_or_else(|error| explain(&error));
    Ok((cli.command.clone(), Given(cli)))
}

impl Given {
    /// All settings of a process that serves or works.
    pub fn settings(self) -> Result<Settings, BadSettings> {
        self.0.settings()
    }

    /// Where backups are kept, and how: all that a Postgres server needs to know.
    pub fn backups(self) -> Result<Backups, BadSettings> {
        self.0.options.saas.backups()?.ok_or(BadSettings::Missing("HOTELHUB_BACKUP_STORE"))
    }
}

impl Cli {
    /// The one of the house's own address; else as it was told; else as the house can be reached.
    pub(super) fn scheme(&self) -> Scheme {
        let Options { mode, http, standalone, .. } = &self.options;
        match (mode, &standalone.public_url, http.public_scheme) {
            (AppMode::Standalone, Some(url), _) if url.starts_with("http:") => Scheme::Http,
            (AppMode::Standalone, Some(_), _) => Scheme::Https,
            (_, _, Some(PublicScheme::Http)) => Scheme::Http,
            (AppMode::Standalone, None, None) if standalone.hosts.is_empty() => Scheme::Http,
            _ => Scheme::Https,
        }
    }

    pub(super) fn settings(self) -> Result<Settings, BadSettings> {
        let public_scheme = self.scheme();
        let Options { mode, http, outside, pool, standalone, saas } = self.options;
        let serves_only = self.command == Command::Serve { all_in_one: false };
        let mode = match mode {
            AppMode::Standalone => Mode::Standalone(Box::new(standalone.read()?)),
            AppMode::Saas => Mode::Saas(Box::new(saas.read()?)),
        };
        if let Mode::Saas(saas) = &mode
            && serves_only
            && !saas.cluster_admins.is_empty()
        {
            return Err(BadSettings::AdministratorInPublic);
        }
        Ok(Settings {
            listen: http.listen,
            metrics_listen: http.metrics_listen,
            public_scheme,
            public_port: http.public_port,
            trusted_proxies: http.trusted_proxies,
            smtp_url: outside.smtp_url,
            mail_from: outside.mail_from,
            redis_url: outside.redis_url,
            log: outside.log,
            log_format: outside.log_format,
            pool: pool.read(),
            mode,
        })
    }
}

impl Pool {
    fn read(&self) -> PoolLimits {
        PoolLimits {
            wait: Duration::from_millis(self.connection_wait_ms),
            idle: Duration::from_secs(self.connection_idle_s.max(1)),
            budget: self.connection_budget.max(1),
            ..PoolLimits::default()
        }
    }
}

impl StandaloneOptions {
    fn read(self) -> Result<Standalone, BadSettings> {
        Ok(Standalone {
            database_url: self.database_url.ok_or(BadSettings::Missing("DATABASE_URL"))?,
            hosts: self.hosts,
            public_url: self.public_url,
            owner_email: self.owner_email,
            owner_password: self.owner_password,
            hotel_name: self.hotel_name,
            time_zone: self.time_zone,
        })
    }
}
