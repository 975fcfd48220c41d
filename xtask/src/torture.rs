//! The torture: a node with many hotels is tormented and each of its answers looked at; then once more without each of the guards that
//! keep hotels apart, to see that what leaks is found. And a house that has lost its control plane.
mod leaks;
mod planes;

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use clap::Subcommand;

use crate::group::Group;
use crate::install;
use crate::scratch::Scratch;
use crate::stop::Stop;

pub(crate) use self::leaks::prove;

/// What is looked for.
#[derive(Subcommand)]
pub(crate) enum Wish {
    /// Looks for one hotel's bytes at another.
    Leaks(leaks::Wish),
    /// Looks for a request that fails while there is no control plane.
    Planes(planes::Wish),
}

/// Connections of the servers: the node's, and those that look into the databases.
const CONNECTIONS: u32 = 200;

/// Does what was wished for.
pub(crate) fn run(wish: Wish, stop: &Stop) -> Result<()> {
    install::ensure_all(install::SERVERS)?;
    let scratch = Scratch::start("torture", CONNECTIONS, stop)?;
    match wish {
        Wish::Leaks(wish) => leaks::run(wish, &scratch, stop),
        Wish::Planes(wish) => planes::run(&wish, &scratch, stop),
    }
}

/// The harness on these servers; what it leaves on the disk goes with them.
fn harness(program: &Path, what: &str, scratch: &Scratch) -> Command {
    let mut command = Command::new(program);
    command.arg(what).stdin(Stdio::null()).env("TMPDIR", scratch.folder());
    command.env("HOTELHUB_TEST_POSTGRES", scratch.postgres().dsn("postgres"));
    command
}

/// Runs it to its end; fails where it found something, and when it is stopped.
fn run_to_end(mut harness: Command, scratch: &Scratch, stop: &Stop) -> Result<()> {
    let mut running = Group::start(&mut harness)?;
    scratch.note("torture", &running)?;
    let status = running.wait(stop)?;
    ensure!(status.success(), "the torture did not end well ({status})");
    Ok(())
}
