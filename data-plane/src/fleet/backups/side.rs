//! A Postgres of the worker's own, made of a base backup, that nobody else reaches: no port, a socket in a folder that is its account's
//! alone. It lives for one recovery, whose turn is over when it is cleared away.
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use hotelhub_kernel::{Entropy, hex};
use hotelhub_vault::{Reading, WalShelf};
use jiff::Timestamp;
use rustix::process::geteuid;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::time::Instant;
use tokio_postgres::Config;

use super::feeder::Feeder;
use super::remains::{Held, LOCK, PREFIX, Remains, Turn};
use super::timelines::{Lsn, last_left};
use super::tools::Tools;
use crate::fleet::FleetError;
use crate::progress;

/// What Postgres says when its WAL ends before the instant: the end of `recovery ended before configured recovery target was reached`.
pub(super) const ENDS_BEFORE: &str = "before configured recovery target";

/// Room beside what the base backup takes: the WAL in hand, and what is written while it is replayed.
const MARGIN: u64 = 1024 * 1024 * 1024;

/// How long a server may take over a file of WAL, and to let somebody in after the last one.
const PATIENCE: Duration = Duration::from_mins(15);
const PAUSE: Duration = Duration::from_millis(50);
/// What a server says, in its language `C`, that ends for want of WAL: before its instant, before the base backup is whole, or at its beginning.
const WANTS_WAL: [&str; 3] = [ENDS_BEFORE, "WAL ends before", "could not locate required checkpoint record"];

/// Who the server runs as: Postgres refuses root, so root lends it the account `postgres`, or `nobody`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Account {
    Own,
    Lent { uid: u32, gid: u32 },
}

impl Account {
    fn unprivileged() -> Result<Self, FleetError> {
        if !geteuid().is_root() {
            return Ok(Self::Own);
        }
        let accounts = fs::read_to_string("/etc/passwd").map_err(failed("looking for an account"))?;
        let lent = |wanted: &str| {
            let line = accounts.lines().find(|line| line.split(':').next() == Some(wanted))?;
            let mut ids = line.split(':').skip(2).map(str::parse);
            Some(Self::Lent { uid: ids.next()?.ok()?, gid: ids.next()?.ok()? })
        };
        lent("postgres").or_else(|| lent("nobody")).ok_or_else(|| {
            FleetError::Unrecoverable(
                "Postgres does not run as root, and there is no account postgres or nobody".into(),
            )
        })
    }

    /// Gives it a file or folder.
    pub(super) fn own(self, path: &Path) -> Result<(), FleetError> {
        match self {
            Self::Own => Ok(()),
            Self::Lent { uid, gid } => chown(path, Some(uid), Some(gid)).map_err(failed("giving a file away")),
        }
    }

    pub(super) fn make_folder(self, path: &Path) -> Result<(), FleetError> {
        fs::DirBuilder::new().mode(0o700).create(path).map_err(failed("making a folder"))?;
        self.own(path)
    }

    pub(super) fn write(self, path: &Path, text: &str) -> Result<(), FleetError> {
        fs::write(path, text).map_err(failed("writing a file"))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed("writing a file"))?;
        self.own(path)
    }

    fn command(self, program: impl AsRef<Path>, folder: &Path) -> Command {
        let mut command = Command::new(program.as_ref());
        if let Self::Lent { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command.env_clear().env("PATH", super::tools::PATH).env("LC_ALL", "C").env("HOME", folder).current_dir(folder);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// The longest path of a socket: the field of `sockaddr_un` less its end, see unix(7).
const LONGEST_SOCKET: usize = 107;

/// Refuses a folder in which the server beside could have no socket.
fn must_be_short(room: &Path) -> Result<(), FleetError> {
    let socket = room.join(format!("{PREFIX}01234567/socket/.s.PGSQL.5432"));
    if socket.as_os_str().len() <= LONGEST_SOCKET {
        return Ok(());
    }
    let told = format!(
        "the path of {} is too long for a socket: let HOTELHUB_RECOVERY_DIR name a shorter one",
        room.display()
    );
    Err(FleetError::Unrecoverable(told))
}

/// A server beside, from its folder to its end. Dropped, it is stopped and its folder removed, and nobody waits for that but the next
/// recovery.
pub(super) struct Side {
    folder: PathBuf,
    account: Account,
    server: Option<Child>,
    /// None once it is being cleared.
    held: Option<Held>,
}

impl Side {
    /// Makes its folder in `room`, which has to have the space it needs, for as long as it is its turn.
    pub(super) fn make(room: &Path, unpacked_bytes: u64, turn: Turn) -> Result<Self, FleetError> {
        let account = Account::unprivileged()?;
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o711).create(room).map_err(failed("making the folder for recoveries"))?;
        must_be_short(room)?;
        must_have_space(room, unpacked_bytes + MARGIN)?;
        let folder = room.join(format!("{PREFIX}{}", hex(&Entropy::system().bytes::<4>())));
        account.make_folder(&folder)?;
        let lock = File::create(folder.join(LOCK)).map_err(failed("locking a folder"))?;
        lock.try_lock().map_err(|error| failed("locking a folder")(io::Error::other(error)))?;
        let side = Self { folder, account, server: None, held: Some(Held::new(lock, turn)) };
        for name in ["data", "socket"] {
            account.make_folder(&side.folder.join(name))?;
        }
        Ok(side)
    }

    /// Unpacks a base backup. Good only when the last byte was vouched for.
    pub(super) async fn unpack(&self, mut reading: Reading) -> Result<(), FleetError> {
        let unpacking = failed("unpacking the base backup");
        let mut command = self.account.command("tar", &self.data());
        let mut tar =
            command.args(["--extract", "--gzip", "--file=-"]).stdin(Stdio::piped()).spawn().map_err(&unpacking)?;
        let mut input = tar.stdin.take();
        while let Some(bytes) = reading.next().await? {
            if let Some(input) = &mut input {
                input.write_all(&bytes).await.map_err(&unpacking)?;
                progress::made();
            }
        }
        drop(input);
        let status = tar.wait().await.map_err(&unpacking)?;
        if status.success() { Ok(()) } else { Err(unpacking(io::Error::other(format!("tar: {status}")))) }
    }

    /// Starts the server, which recovers along a timeline up to the last commit that is not after `at`, and then lives by itself.
    pub(super) fn start(
        &mut self,
        tools: &Tools,
        server_version: i32,
        (at, timeline): (Timestamp, u32),
    ) -> Result<(), FleetError> {
        let fetch = Feeder::prepare(&self.folder, &self.account)?;
        let (conf, hba, ident) = (self.folder.join("conf"), self.folder.join("hba"), self.folder.join("ident"));
        self.account.write(&conf, &settings(&self.folder, &fetch, (at, timeline)))?;
        self.account.write(&hba, "local all all trust\n")?;
        self.account.write(&ident, "")?;
        // What the first server was set to by statements is none of this one's.
        self.account.write(&self.data().join("postgresql.auto.conf"), "")?;
        self.account.write(&self.data().join("recovery.signal"), "")?;
        let log = File::create(self.log()).map_err(failed("writing a log"))?;
        let postgres = tools.find("postgres", server_version / 10_000)?;
        let mut command = self.account.command(postgres, &self.folder);
        command.arg("-D").arg(self.data()).arg("-c").arg(format!("config_file={}", conf.display()));
        command.stdout(Stdio::null()).stderr(log);
        self.server = Some(command.spawn().map_err(failed("starting a server"))?);
        Ok(())
    }

    /// Feeds it until it stands at its instant and lets somebody in.
    pub(super) async fn reach(&mut self, wal: &WalShelf) -> Result<(), FleetError> {
        let (folder, account) = (self.folder.clone(), self.account);
        let fed = AtomicU64::new(0);
        let mut feeder = Feeder::of(&folder, &account, wal, &fed);
        let ended = tokio::select! {
            error = feeder.feed() => return Err(error),
            ended = self.ready(&fed) => ended?,
        };
        if !ended {
            return Ok(());
        }
        let said = self.last_words();
        Err(FleetError::Unrecoverable(match feeder.missing() {
            Some(missing) if WANTS_WAL.iter().any(|end| said.contains(end)) => {
                format!("the WAL from {missing} on is not in the store: {said}")
            }
            _ => said,
        }))
    }

    /// Waits until the server is ready, or has ended; whether it has ended. As long as it asks for WAL it goes on.
    async fn ready(&mut self, fed: &AtomicU64) -> Result<bool, FleetError> {
        let (mut until, mut seen) = (Instant::now() + PATIENCE, 0);
        loop {
            let ended = match &mut self.server {
                Some(server) => server.try_wait().map_err(failed("waiting for a server"))?.is_some(),
                None => true,
            };
            let status = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
            let ready = status.lines().nth(7).is_some_and(|line| line.trim() == "ready");
            if ended || ready {
                return Ok(ended);
            }
            let now_fed = fed.load(Ordering::Relaxed);
            if now_fed != seen {
                (until, seen) = (Instant::now() + PATIENCE, now_fed);
            }
            if Instant::now() > until {
                return Err(FleetError::Unrecoverable(format!("the server did not go on within {PATIENCE:?}")));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The timeline that it followed and where it left it for one of its own, by the history it wrote.
    pub(super) fn stopped(&self) -> Result<(u32, Lsn), FleetError> {
        let reading = failed("reading where the server stopped");
        let files = fs::read_dir(self.data().join("pg_wal")).map_err(&reading)?.flatten().map(|entry| entry.path());
        // The names count up with the timelines.
        let newest = files.filter(|path| path.extension().is_some_and(|kind| kind == "history")).max();
        let written = newest.map(fs::read_to_string).transpose().map_err(&reading)?.unwrap_or_default();
        last_left(&written).ok_or_else(|| reading(io::Error::other("there is no history of its timeline")))
    }

    /// How it is entered: by whoever may enter its folder, as whom they like.
    pub(super) fn config(&self, user: Option<&str>) -> Config {
        let mut config = Config::new();
        config.host_path(self.folder.join("socket")).port(5432).dbname("postgres").user(user.unwrap_or("postgres"));
        config
    }

    /// Stops the server and removes all of it. It goes on also where nobody waits for it any more.
    pub(super) async fn clear(mut self) {
        let Some(remains) = self.remains() else { return };
        let _ = tokio::task::spawn_blocking(move || remains.clear()).await;
    }

    /// Leaves everything as a killed worker does.
    pub(super) fn abandon(mut self) {
        self.held = None;
        std::mem::forget(self);
    }

    /// All that is to be cleared, once.
    fn remains(&mut self) -> Option<Remains> {
        let held = self.held.take()?;
        Some(Remains::new(self.folder.clone(), self.server.take(), held))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Why the server ended, in its own words.
    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let fatal = log.lines().rev().find(|line| line.starts_with("FATAL:") || line.starts_with("PANIC:"));
        fatal.or(log.lines().last()).unwrap_or("the server ended without a word").trim().to_owned()
    }
}

impl Drop for Side {
    /// The thread is one that others wait for: what is as large as a server goes by one of its own, and the turn with it.
    fn drop(&mut self) {
        let Some(remains) = self.remains() else { return };
        if let Err(error) = thread::Builder::new().name("clearing".to_owned()).spawn(move || remains.clear()) {
            tracing::error!(%error, "what a recovery left is not cleared before the next");
        }
    }
}

fn must_have_space(room: &Path, needed: u64) -> Result<(), FleetError> {
    let there = rustix::fs::statvfs(room).map_err(|error| failed("looking for space")(error.into()))?;
    let free = there.f_bavail * there.f_frsize;
    if free >= needed {
        return Ok(());
    }
    let mib = |bytes: u64| bytes / 1024 / 1024;
    let (free, needed) = (mib(free), mib(needed));
    Err(FleetError::Unrecoverable(format!("{} has {free} MiB free, {needed} are needed", room.display())))
}

/// What the server is told, all of it. It writes for itself alone: nothing is archived, sent on, subscribed to or swept.
fn settings(folder: &Path, fetch: &str, (at, timeline): (Timestamp, u32)) -> String {
    let path = |name: &str| quoted(&folder.join(name).to_string_lossy());
    let (socket, hba, ident) = (path("socket"), path("hba"), path("ident"));
    // Names of zones are not known yet when this is read: `Z` is one.
    let (fetch, at) = (quoted(fetch), quoted(&at.strftime("%Y-%m-%d %H:%M:%S%.6f+00").to_string()));
    format!(
        "listen_addresses = ''\nport = 5432\nunix_socket_directories = {socket}\nunix_socket_permissions = 0700\n\
         hba_file = {hba}\nident_file = {ident}\nssl = off\nmax_connections = 10\nshared_buffers = 64MB\n\
         huge_pages = off\nfsync = off\nfull_page_writes = off\nsynchronous_commit = off\nautovacuum = off\n\
         archive_mode = off\nhot_standby = off\nmax_wal_senders = 0\nmax_logical_replication_workers = 0\n\
         max_worker_processes = 0\njit = off\nlogging_collector = off\nlog_destination = 'stderr'\nlog_line_prefix = ''\n\
         lc_messages = 'C'\nlog_timezone = 'UTC'\ntimezone = 'UTC'\nrestore_command = {fetch}\n\
         recovery_target_time = {at}\nrecovery_target_action = 'promote'\nrecovery_target_timeline = '{timeline}'\n"
    )
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Names what was being done when a file or a process failed.
pub(super) fn failed(doing: &'static str) -> impl Fn(io::Error) -> FleetError {
    move |source| FleetError::Side { doing, source }
}
