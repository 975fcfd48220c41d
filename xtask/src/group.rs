//! A program and all that it started: a process group, which ends as a whole.
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::stop::Stop;

/// How long a program of ours may take to end when it is told to.
const PATIENCE: Duration = Duration::from_secs(10);

/// A program that leads a process group. Dropped, it is ended, and what it left behind with it.
#[derive(Debug)]
pub(crate) struct Group(Child);

impl Group {
    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        Ok(Self(command.process_group(0).spawn().with_context(|| format!("cannot start {name}"))?))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// What it prints, where that is piped and nobody has taken it.
    pub(crate) fn output(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }

    /// Waits until it ends; fails, and ends it, when somebody asks this chore to stop.
    pub(crate) fn wait(&mut self, stop: &Stop) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            stop.check()?;
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asks it to end, and ends it when it has not after `patience`; nothing of the group is left.
    pub(crate) fn end(&mut self, farewell: Signal, patience: Duration) {
        let Some(group) = Pid::from_raw(i32::try_from(self.id()).unwrap_or(0)) else { return };
        let begun = Instant::now();
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = kill_process_group(group, farewell);
            while begun.elapsed() < patience && matches!(self.0.try_wait(), Ok(None)) {
                thread::sleep(Duration::from_millis(10));
            }
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.0.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end(Signal::TERM, PATIENCE);
    }
}
