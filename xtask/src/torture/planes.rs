//! No control plane and no central database, while two nodes serve and start again in turns: not one request may fail.
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::programs::Programs;
use crate::scratch::Scratch;
use crate::stop::Stop;

/// Runs for so many minutes on these servers.
pub(super) fn run(minutes: u64, scratch: &Scratch, stop: &Stop) -> Result<()> {
    let programs = Programs::build_workspace()?;
    let mut command = Command::new(programs.folder().join("hotelhub-torture"));
    command.arg("planes").arg("--minutes").arg(minutes.to_string()).stdin(Stdio::null());
    command.arg("--dir").arg(scratch.folder()).arg("--programs").arg(programs.folder());
    command.env("HOTELHUB_TEST_POSTGRES", scratch.postgres().dsn("postgres"));
    command.env("HOTELHUB_TEST_REDIS", scratch.redis().url());
    let mut child = command.spawn().context("cannot start the torture")?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if stop.asked() {
            let _ = child.kill();
        }
        thread::sleep(Duration::from_millis(100));
    };
    ensure!(status.success(), "the house was hurt ({status})");
    Ok(())
}
