//! One hotel's bytes at another, looked for with all guards and without each.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{harness, run_to_end};
use crate::programs::{Programs, build, output};
use crate::repo;
use crate::scratch::Scratch;
use crate::stop::Stop;

/// How long, and without what.
#[derive(Args)]
pub(crate) struct Wish {
    /// Visits to make: 100,000 unless said, or 40,000 where a guard is down.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    ops: Option<u64>,
    /// Ends after so many minutes though not all visits were made.
    #[arg(long, default_value_t = WHOLE.minutes, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// What decides all that is left to chance; rolled and printed when nothing is said.
    #[arg(long)]
    seed: Option<u64>,
    /// Builds with full optimisation, for long runs.
    #[arg(long, conflicts_with = "without")]
    release: bool,
    /// Takes this guard down, or `each` in its turn, and fails unless just that is found out.
    #[arg(long, value_name = "GUARD")]
    without: Option<String>,
}

/// What one run is told.
#[derive(Clone, Copy, Debug)]
struct Limits {
    ops: u64,
    minutes: u64,
    hotels: u32,
    seed: Option<u64>,
}

/// The run with all guards, as the proof makes it.
const WHOLE: Limits = Limits { ops: 100_000, minutes: 4, hotels: 10, seed: None };

/// A run in which something must be found.
const BROKEN: Limits = Limits { ops: 40_000, minutes: 4, hotels: 4, seed: None };

/// Looks for leaks on these servers.
pub(super) fn run(wish: Wish, scratch: &Scratch, stop: &Stop) -> Result<()> {
    let usual = if wish.without.is_some() { BROKEN } else { WHOLE };
    let limits = Limits { ops: wish.ops.unwrap_or(usual.ops), minutes: wish.minutes, seed: wish.seed, ..usual };
    match wish.without.as_deref() {
        None => {
            let programs = if wish.release { Programs::build_optimised() } else { Programs::build_workspace() }?;
            leaks(&programs.torture(), limits, None, scratch, stop)
        }
        Some("each") => each_guard(&unguarded()?, limits, scratch, stop).map(|_| ()),
        Some(guard) => leaks(&unguarded()?, limits, Some(guard), scratch, stop),
    }
}

/// With all guards nothing is found, without any one of them what it keeps out. How many runs that took.
pub(crate) fn prove(scratch: &Scratch, stop: &Stop) -> Result<u64> {
    leaks(&Programs::build_workspace()?.torture(), WHOLE, None, scratch, stop)?;
    Ok(1 + each_guard(&unguarded()?, BROKEN, scratch, stop)?)
}

fn each_guard(program: &Path, limits: Limits, scratch: &Scratch, stop: &Stop) -> Result<u64> {
    let guards = output(Command::new(program).arg("guards"))?;
    for guard in guards.lines() {
        leaks(program, limits, Some(guard), scratch, stop)?;
    }
    let runs = u64::try_from(guards.lines().count())?;
    ensure!(runs > 0, "the harness names no guard");
    Ok(runs)
}

fn leaks(program: &Path, limits: Limits, without: Option<&str>, scratch: &Scratch, stop: &Stop) -> Result<()> {
    let mut command = harness(program, "leaks", scratch);
    command.args(["--ops", &limits.ops.to_string(), "--minutes", &limits.minutes.to_string()]);
    command.args(["--hotels", &limits.hotels.to_string()]);
    command.args(limits.seed.iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
    command.args(without.iter().flat_map(|guard| ["--without", guard]));
    run_to_end(command, scratch, stop)
}

/// The harness around a node whose guards can be taken down. It is built beside the other, of the same libraries, and kept apart from it.
fn unguarded() -> Result<PathBuf> {
    build(&["--workspace", "--bin", "hotelhub-torture", "--features", "hotelhub-tests/unguarded"])?;
    let folder = repo::target().join("torture");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let program = folder.join("hotelhub-torture");
    let _ = fs::remove_file(&program);
    fs::copy(repo::target().join("debug/hotelhub-torture"), &program).context("cannot keep the unguarded harness")?;
    Ok(program)
}
