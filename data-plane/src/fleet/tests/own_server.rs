//! A Postgres of a test's own, which archives its WAL by the node's program into a store of the test's own.
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hotelhub_kernel::{Entropy, Key, hex};
use hotelhub_testkit::free_port;
use tokio_postgres::{Client, Config};

use super::connect;

/// The folder of a server, its store, and the room in which servers beside it are made.
pub(super) struct OwnServer {
    pub(super) folder: PathBuf,
    server: Child,
    port: u16,
    account: Option<(u32, u32)>,
    /// The node's program.
    node: PathBuf,
}

impl OwnServer {
    /// Starts one whose WAL comes in files of a megabyte.
    pub(super) async fn start() -> Self {
        let folder = Path::new("/var/tmp").join(format!("hh-{}", hex(&Entropy::system().bytes::<4>())));
        fs::create_dir(&folder).unwrap();
        let account = lent();
        for own in [folder.clone(), folder.join("store"), folder.join("room")] {
            let _ = fs::create_dir(&own);
            own_by(account, &own);
        }
        let node = within_reach(&folder, account);
        let programs = programs();
        let mut initdb = Command::new(programs.join("initdb"));
        initdb.arg("-D").arg(folder.join("data")).args([
            "-U",
            "postgres",
            "--auth=trust",
            "--wal-segsize=1",
            "--no-sync",
        ]);
        let made = as_account(account, &mut initdb).args(["-E", "UTF8", "--locale=C.UTF-8"]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port().unwrap();
        let server = run(&folder, port, account, &node);
        let started = Self { folder, server, port, account, node };
        started.until_it_answers().await;
        started
    }

    /// Kills it, as a machine dies.
    pub(super) fn die(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Starts it again where it was killed.
    pub(super) async fn revive(&mut self) {
        self.server = run(&self.folder, self.port, self.account, &self.node);
        self.until_it_answers().await;
    }

    async fn until_it_answers(&self) {
        for _ in 0..1_200 {
            if connect(&self.config()).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{}", fs::read_to_string(self.folder.join("log")).unwrap());
    }

    pub(super) fn config(&self) -> Config {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port).parse().unwrap()
    }

    pub(super) async fn enter(&self, database: &str) -> Client {
        connect(self.config().dbname(database)).await.unwrap()
    }

    pub(super) fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    pub(super) fn room(&self) -> PathBuf {
        self.folder.join("room")
    }

    /// The files of WAL that are kept, the oldest first.
    pub(super) fn kept(&self) -> Vec<PathBuf> {
        let wal = fs::read_dir(self.store().join("servers/main/wal")).unwrap();
        let mut files: Vec<PathBuf> = wal.map(|file| file.unwrap().path()).collect();
        files.retain(|path| path.file_name().is_some_and(|name| name.len() == 24));
        files.sort();
        files
    }

    /// Runs the node's program about a file of WAL as the server does; how it ended.
    pub(super) fn wal(&self, key: Key, words: &[&str]) -> Option<i32> {
        let mut command = Command::new(&self.node);
        command.args(["wal", words[0], "--cluster", "main"]).args(&words[1..]);
        command.env("HOTELHUB_BACKUP_STORE", format!("file://{}", self.store().display()));
        command.env("HOTELHUB_BACKUP_KEY", key.expose_base64()).stderr(Stdio::null());
        as_account(self.account, &mut command).status().unwrap().code()
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The server itself.
fn run(folder: &Path, port: u16, account: Option<(u32, u32)>, node: &Path) -> Child {
    let mut postgres = Command::new(programs().join("postgres"));
    postgres.arg("-D").arg(folder.join("data"));
    for setting in [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "fsync=off".to_owned(),
        "archive_mode=on".to_owned(),
        format!("archive_command={}", keep(folder, node)),
    ] {
        postgres.arg("-c").arg(setting);
    }
    let log = fs::File::create(folder.join("log")).unwrap();
    as_account(account, &mut postgres).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// What the store is sealed with.
pub(super) fn store_key() -> Key {
    Key::new([5; 32])
}

/// The node's program where the server's account may run it: a copy, if it lies in somebody's own folder.
fn within_reach(folder: &Path, account: Option<(u32, u32)>) -> PathBuf {
    let program = hotelhub_testkit::env::programs().join("hotelhub");
    let reached = as_account(account, Command::new("test").arg("-x").arg(&program)).status().unwrap();
    if reached.success() {
        return program;
    }
    let copy = folder.join("hotelhub");
    fs::copy(&program, &copy).unwrap();
    copy
}

fn keep(folder: &Path, program: &Path) -> String {
    format!(
        "HOTELHUB_BACKUP_STORE=file://{}/store HOTELHUB_BACKUP_KEY={} {} wal keep --cluster main %p %f",
        folder.display(),
        store_key().expose_base64(),
        program.display()
    )
}

/// Who runs it: Postgres refuses root.
fn lent() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let line = accounts.lines().find(|line| line.starts_with("postgres:")).expect("an account postgres");
    let mut ids = line.split(':').skip(2).map(|id| id.parse().unwrap());
    Some((ids.next()?, ids.next()?))
}

fn own_by(account: Option<(u32, u32)>, path: &Path) {
    if let Some((uid, gid)) = account {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
}

fn as_account(account: Option<(u32, u32)>, command: &mut Command) -> &mut Command {
    if let Some((uid, gid)) = account {
        command.uid(uid).gid(gid).current_dir("/");
    }
    command
}

/// The folder of the newest programs of Postgres.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    debian.max().unwrap_or_else(|| "/usr/local/bin".into())
}
