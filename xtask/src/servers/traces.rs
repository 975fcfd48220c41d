//! Which processes a folder's chore has started, so that what a killed one left is found again, and nothing else.
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use crate::secrets;

const FILE: &str = "processes.json";

/// The processes of a chore, as its folder remembers them.
#[derive(Debug)]
pub(crate) struct Traces(PathBuf);

impl Traces {
    /// Ends what a killed chore left running in this folder; fails when one still runs there.
    pub(crate) fn take_over(folder: &Path) -> Result<Self> {
        let traces = Self(folder.join(FILE));
        let left = traces.read();
        if let Some(owner) = left.iter().find(|trace| trace.name == "xtask" && trace.is_alive()) {
            bail!("a chore runs in {} already (process {}); stop it first", folder.display(), owner.id);
        }
        for trace in left.iter().rev() {
            let farewell = if trace.name == "postgres" { Signal::INT } else { Signal::TERM };
            trace.end(farewell);
        }
        let own = Trace::of("xtask", std::process::id());
        traces.write(own.as_slice())?;
        Ok(traces)
    }

    /// Ends what a killed chore left running in this folder and says whether the folder is free to go.
    pub(crate) fn abandoned(folder: &Path) -> bool {
        folder.join(FILE).exists() && Self::take_over(folder).is_ok()
    }

    /// Remembers a process that was started, instead of an older one of the same name.
    pub(crate) fn note(&self, name: &str, id: u32) -> Result<()> {
        let mut traces = self.read();
        traces.retain(|trace| trace.name != name);
        traces.extend(Trace::of(name, id));
        self.write(&traces)
    }

    /// Forgets everything: all are stopped.
    pub(crate) fn clear(&self) {
        let _ = fs::remove_file(&self.0);
    }

    fn read(&self) -> Vec<Trace> {
        fs::read_to_string(&self.0).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    fn write(&self, traces: &[Trace]) -> Result<()> {
        secrets::write(&self.0, &serde_json::to_string(traces)?)
    }
}

/// A process as a file remembers it: the id alone may belong to somebody else by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Trace {
    name: String,
    id: u32,
    /// Clock ticks between the machine's start and the process's: with the id, no two processes share it.
    started: u64,
}

impl Trace {
    /// The trace of a process that runs now.
    fn of(name: &str, id: u32) -> Option<Self> {
        Some(Self { name: name.to_owned(), id, started: started(id)? })
    }

    fn is_alive(&self) -> bool {
        started(self.id) == Some(self.started)
    }

    /// Ends the process this is the trace of, with its group; does nothing when it is gone.
    fn end(&self, farewell: Signal) {
        let Some(group) = i32::try_from(self.id).ok().and_then(Pid::from_raw).filter(|_| self.is_alive()) else {
            return;
        };
        let _ = kill_process_group(group, farewell);
        let begun = Instant::now();
        while self.is_alive() && begun.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(20));
        }
        if self.is_alive() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Field 22 of `/proc/<id>/stat`, unless the process is gone or a zombie.
fn started(id: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    if fields.first() == Some(&"Z") {
        return None;
    }
    fields.get(19)?.parse().ok()
}
