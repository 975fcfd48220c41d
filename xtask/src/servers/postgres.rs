//! A private Postgres cluster: SCRAM over TCP on the loopback address, no socket, a superuser nobody else knows.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::account::Account;
use super::process::Process;
use crate::stop::Stop;

/// The oldest Postgres the product runs on.
const OLDEST: u32 = 15;

/// How a cluster treats its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    /// A commit is on the disk when it is answered.
    Durable,
    /// Nothing is ever flushed: for tests, whose data outlives a killed server but not the machine.
    Scratch,
}

/// What a cluster is made of.
#[derive(Debug)]
pub(crate) struct Wish<'a> {
    /// Where it lives; what is there already is kept.
    pub(crate) folder: &'a Path,
    pub(crate) port: u16,
    /// The superuser's password; takes effect when the cluster is made.
    pub(crate) password: &'a str,
    pub(crate) disk: Disk,
    /// Whether its data outlives this run: otherwise it is stopped without a last checkpoint.
    pub(crate) kept: bool,
    pub(crate) connections: u32,
    pub(crate) log: &'a Path,
}

/// A running cluster.
#[derive(Debug)]
pub(crate) struct Postgres {
    pub(crate) process: Process,
    bin: PathBuf,
    port: u16,
    password: String,
}

impl Postgres {
    /// Makes the cluster if there is none, starts it and waits until it answers.
    pub(crate) fn start(wish: &Wish<'_>, stop: &Stop) -> Result<Self> {
        let bin = find().context("no Postgres of version 15 or newer")?;
        let account = Account::unprivileged()?;
        let home = account.folder(wish.folder)?;
        let data = home.join("data");
        if !data.join("global/pg_control").exists() {
            make(&bin, &account, &home, wish.password)?;
        }
        let command = &mut account.command(bin.join("postgres"));
        command.arg("-D").arg(&data).args(settings(wish).iter().flat_map(|setting| ["-c", setting]));
        let mut process = Process::start("postgres", command, wish.log)?;
        process = process.ended_by(if wish.kept { Signal::INT } else { Signal::QUIT });
        let own = process.id().to_string();
        stop.wait_for("the start of Postgres", Duration::from_secs(300), || {
            process.check()?;
            let status = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            let ours = status.lines().next() == Some(own.as_str());
            Ok((ours && status.lines().nth(7).is_some_and(|line| line.trim() == "ready")).then_some(()))
        })?;
        Ok(Self { process, bin, port: wish.port, password: wish.password.to_owned() })
    }

    /// The superuser's address of one of the cluster's databases.
    pub(crate) fn dsn(&self, database: &str) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// Runs statements as the superuser and answers the first column of what they return, line by line.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> Result<Vec<String>> {
        let output = self.psql(database).arg("-c").arg(statements).output().context("cannot run psql")?;
        ensure!(output.status.success(), "{statements}: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    /// Runs a file of statements as the superuser.
    pub(crate) fn run_file(&self, database: &str, file: &Path) -> Result<()> {
        let output = self.psql(database).arg("-f").arg(file).output().context("cannot run psql")?;
        ensure!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr).trim());
        Ok(())
    }

    fn psql(&self, database: &str) -> Command {
        let beside = self.bin.join("psql");
        let mut command = Command::new(if beside.exists() { beside } else { PathBuf::from("psql") });
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"]).arg(self.dsn(database));
        command
    }
}

/// The folder of the newest Postgres programs that are new enough.
pub(crate) fn find() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|entry| entry.path().join("bin"));
    let path = crate::repo::environment("PATH").unwrap_or_default();
    let named = std::env::split_paths(&path).collect::<Vec<_>>();
    let found = debian.chain(named).filter_map(|bin| Some((version(&bin)?, bin)));
    found.filter(|(version, _)| *version >= OLDEST).max_by_key(|(version, _)| *version).map(|(_, bin)| bin)
}

fn version(bin: &Path) -> Option<u32> {
    if !bin.join("initdb").exists() || !bin.join("postgres").exists() {
        return None;
    }
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().nth(2)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn make(bin: &Path, account: &Account, home: &Path, password: &str) -> Result<()> {
    let data = home.join("data");
    if data.exists() {
        fs::remove_dir_all(&data).context("cannot clear a half-made cluster")?;
    }
    let secret = home.join("password");
    crate::secrets::write(&secret, password)?;
    account.own(&secret)?;
    let mut command = account.command(bin.join("initdb"));
    command.arg("-D").arg(&data).arg(format!("--pwfile={}", secret.display()));
    command.args(["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-sync"]);
    let output = command.output().context("cannot run initdb")?;
    let _ = fs::remove_file(&secret);
    ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

fn settings(wish: &Wish<'_>) -> Vec<String> {
    let flush = if wish.disk == Disk::Durable { "on" } else { "off" };
    let mut settings = vec![
        format!("port={}", wish.port),
        format!("max_connections={}", wish.connections),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "shared_buffers=128MB".to_owned(),
        // A tenant moves to another server by logical replication, and a slot that nobody reads holds no more than this.
        "wal_level=logical".to_owned(),
        "max_slot_wal_keep_size=1GB".to_owned(),
        "max_logical_replication_workers=16".to_owned(),
        "max_worker_processes=24".to_owned(),
        "max_replication_slots=32".to_owned(),
        "max_wal_senders=32".to_owned(),
        "log_min_messages=warning".to_owned(),
        "log_line_prefix=%m [%p] %d ".to_owned(),
    ];
    // A commit is written before it is answered even where it is not flushed: a killed server keeps it, a lost machine does not.
    settings.extend(["fsync", "full_page_writes"].map(|name| format!("{name}={flush}")));
    settings
}
