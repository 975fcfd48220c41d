//! What is left of a server beside, and how it goes: on a thread that may wait, for it is as large as a server. What a killed worker left is
//! known by a lock nobody holds, and cleared at the start and before the next.
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::sync::OwnedMutexGuard;

/// How the folders are called, and what in them says that they are ours: a lock that is held as long as the worker lives.
pub(super) const PREFIX: &str = "side-";
pub(super) const LOCK: &str = "lock";

/// How long a server may take to stop when it is told to drop everything, and when it is killed.
const STOPPING: Duration = Duration::from_secs(10);
const DYING: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);

/// How many times a folder is removed in which something is still written.
const TRIES: u32 = 20;

/// Whose turn it is to have a server beside. It is over when the last of its clones is dropped.
pub(super) type Turn = Arc<OwnedMutexGuard<()>>;

/// That a folder is somebody's, and the turn to have it.
pub(super) struct Held {
    _lock: File,
    _turn: Turn,
}

impl Held {
    pub(super) fn new(lock: File, turn: Turn) -> Self {
        Self { _lock: lock, _turn: turn }
    }
}

/// A server that nobody needs any more, and its folder.
pub(super) struct Remains {
    folder: PathBuf,
    server: Option<Child>,
    _held: Held,
}

impl Remains {
    /// The server is told to drop everything at once: where this process ends, nobody may come to clear it.
    pub(super) fn new(folder: PathBuf, server: Option<Child>, held: Held) -> Self {
        if let Some(pid) = server.as_ref().and_then(Child::id).and_then(|id| Pid::from_raw(id.cast_signed())) {
            let _ = kill_process(pid, Signal::QUIT);
        }
        Self { folder, server, _held: held }
    }

    /// Waits until the server has stopped and removes the folder; the turn is over then. It blocks.
    pub(super) fn clear(mut self) {
        if let Some(server) = &mut self.server
            && !has_ended(server, STOPPING)
        {
            let _ = server.start_kill();
            has_ended(server, DYING);
        }
        if let Err(error) = remove(&self.folder) {
            tracing::error!(folder = %self.folder.display(), %error, "what a recovery left stays until the next");
        }
    }
}

/// Waits for a server's end; whether it came.
fn has_ended(server: &mut Child, limit: Duration) -> bool {
    let until = Instant::now() + limit;
    loop {
        if !matches!(server.try_wait(), Ok(None)) {
            return true;
        }
        if Instant::now() > until {
            return false;
        }
        thread::sleep(PAUSE);
    }
}

/// Removes a folder. What its last processes write meanwhile is gone with the next try.
fn remove(folder: &Path) -> io::Result<()> {
    let mut tries = 1;
    loop {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(_) if tries < TRIES => tries += 1,
            ended => return ended,
        }
        thread::sleep(PAUSE);
    }
}

/// Stops and removes what killed workers left in this folder. It blocks.
pub(super) fn clear_leftovers(room: &Path) {
    for entry in fs::read_dir(room).into_iter().flatten().flatten() {
        let folder = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let held = File::open(folder.join(LOCK)).map(|lock| (lock.try_lock(), lock));
        if let Ok((Err(TryLockError::WouldBlock), _)) = held {
            continue;
        }
        stop(&folder.join("data"));
        match remove(&folder) {
            Ok(()) => tracing::warn!(folder = %folder.display(), "what a recovery left behind is cleared"),
            Err(error) => tracing::error!(folder = %folder.display(), %error, "what a recovery left behind stays"),
        }
    }
}

/// Stops the server that lives in this folder, if it does: a process of its number that knows the folder.
fn stop(data: &Path) {
    let status = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let Some(number) = status.lines().next().and_then(|line| line.trim().parse::<i32>().ok()) else { return };
    let told = format!("/proc/{number}/cmdline");
    let lives = || fs::read(&told).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&*data.to_string_lossy()));
    let Some(pid) = Pid::from_raw(number) else { return };
    for signal in [Signal::QUIT, Signal::KILL] {
        if !lives() {
            return;
        }
        let _ = kill_process(pid, signal);
        for _ in 0..50 {
            if !lives() {
                break;
            }
            thread::sleep(PAUSE);
        }
    }
}
