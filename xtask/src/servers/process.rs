//! A program that this chore started and will stop: its own process group, its own log.
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::group::Group;

/// A running program; dropping it stops it.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    group: Group,
    log: PathBuf,
    log_begins: u64,
    farewell: Signal,
}

impl Process {
    /// Starts `command` in a process group of its own; what it says goes to `log`.
    pub(crate) fn start(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(log);
        let file: File = file.with_context(|| format!("cannot write {}", log.display()))?;
        let log_begins = file.metadata()?.len();
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        Ok(Self { name, group: Group::start(command)?, log: log.to_owned(), log_begins, farewell: Signal::TERM })
    }

    /// The signal that asks this program to end, where SIGTERM would make it wait for others.
    pub(crate) fn ended_by(mut self, farewell: Signal) -> Self {
        self.farewell = farewell;
        self
    }

    pub(crate) fn id(&self) -> u32 {
        self.group.id()
    }

    /// What the program has said since this start.
    pub(crate) fn said(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let begins = usize::try_from(self.log_begins).unwrap_or(0).min(text.len());
        String::from_utf8_lossy(&text[begins..]).into_owned()
    }

    /// Fails with the end of the log when the program is gone.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.group.ended()? {
            bail!("{} ended ({status}); the end of {}:\n{}", self.name, self.log.display(), tail(&self.said()));
        }
        Ok(())
    }

    /// Asks the program to end, and ends it when it has not after `patience`.
    pub(crate) fn stop(&mut self, patience: Duration) {
        self.group.end(self.farewell, patience);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop(Duration::from_secs(20));
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
