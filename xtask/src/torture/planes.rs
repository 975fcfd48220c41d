//! No control plane and no central database, while two nodes serve and start again in turns: not one request may fail.
use anyhow::Result;
use clap::Args;

use super::{harness, run_to_end};
use crate::programs::Programs;
use crate::scratch::Scratch;
use crate::stop::Stop;

/// How long.
#[derive(Args)]
pub(crate) struct Wish {
    /// For how long, in minutes.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=360))]
    minutes: u64,
}

/// Runs it on these servers.
pub(super) fn run(wish: &Wish, scratch: &Scratch, stop: &Stop) -> Result<()> {
    let programs = Programs::build_workspace()?;
    let mut command = harness(&programs.torture(), "planes", scratch);
    command.arg("--minutes").arg(wish.minutes.to_string());
    command.arg("--dir").arg(scratch.folder()).arg("--programs").arg(programs.folder());
    command.env("HOTELHUB_TEST_REDIS", scratch.redis().url());
    run_to_end(command, scratch, stop)
}
