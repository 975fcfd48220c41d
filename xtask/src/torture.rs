//! The torture: a node with many hotels is tormented and each of its answers looked at; then once more without each of the guards that
//! keep hotels apart, to see that what leaks is found. And a house that has lost its control plane.
mod planes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::programs::{Programs, build, output};
use crate::scratch::Scratch;
use crate::stop::Stop;
use crate::{install, repo};

/// What to torment, and how long.
#[derive(Args)]
pub(crate) struct Wish {
    /// What is looked for.
    #[arg(value_enum)]
    what: What,
    /// Visits to make.
    #[arg(long, default_value_t = 100_000)]
    ops: u64,
    /// How long, in minutes: of leaks, the end though not all visits were made, 4 unless said; of planes, 60.
    #[arg(long)]
    minutes: Option<u64>,
    /// What decides all that is left to chance; rolled and printed when nothing is said.
    #[arg(long)]
    seed: Option<u64>,
    /// Builds with full optimisation, for long runs.
    #[arg(long, conflicts_with = "without")]
    release: bool,
    /// Takes this guard down, or `each` in its turn, and fails unless that is found out.
    #[arg(long, value_name = "GUARD")]
    without: Option<String>,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// One hotel's bytes at another.
    Leaks,
    /// A request that fails while there is no control plane.
    Planes,
}

/// What one run is told.
#[derive(Clone, Copy, Debug)]
struct Limits {
    ops: u64,
    minutes: u64,
    hotels: u32,
    seed: Option<u64>,
}

/// Connections of the servers: the node's, and those that look into the databases.
const CONNECTIONS: u32 = 200;

/// The run with all guards, as the proof makes it.
const WHOLE: Limits = Limits { ops: 100_000, minutes: 4, hotels: 10, seed: None };

/// A run in which something must be found.
const BROKEN: Limits = Limits { ops: 40_000, minutes: 4, hotels: 4, seed: None };

/// Does what was wished for.
pub(crate) fn run(wish: &Wish, stop: &Stop) -> Result<()> {
    install::ensure_all(install::SERVERS)?;
    let scratch = Scratch::start("torture", CONNECTIONS, stop)?;
    match wish.what {
        What::Leaks => look_for_leaks(wish, &scratch, stop),
        What::Planes => planes::run(wish.minutes.unwrap_or(60), &scratch, stop),
    }
}

fn look_for_leaks(wish: &Wish, scratch: &Scratch, stop: &Stop) -> Result<()> {
    let (ops, seed, minutes) = (wish.ops, wish.seed, wish.minutes.unwrap_or(WHOLE.minutes));
    match wish.without.as_deref() {
        None => {
            let programs = if wish.release { Programs::build_optimised() } else { Programs::build_workspace() }?;
            leaks(&harness(&programs), Limits { ops, minutes, seed, ..WHOLE }, None, scratch)
        }
        Some("each") => each_guard(&unguarded()?, seed, scratch, stop).map(|_| ()),
        Some(guard) => leaks(&unguarded()?, Limits { ops, minutes, seed, ..BROKEN }, Some(guard), scratch),
    }
}

/// With all guards nothing is found, without any one of them something. How many runs that took.
pub(crate) fn prove(scratch: &Scratch, stop: &Stop) -> Result<u64> {
    leaks(&harness(&Programs::build_workspace()?), WHOLE, None, scratch)?;
    Ok(1 + each_guard(&unguarded()?, None, scratch, stop)?)
}

fn each_guard(program: &Path, seed: Option<u64>, scratch: &Scratch, stop: &Stop) -> Result<u64> {
    let mut runs = 0;
    for guard in output(Command::new(program).arg("guards"))?.lines() {
        stop.check()?;
        leaks(program, Limits { seed, ..BROKEN }, Some(guard), scratch)?;
        runs += 1;
    }
    Ok(runs)
}

fn leaks(program: &Path, limits: Limits, without: Option<&str>, scratch: &Scratch) -> Result<()> {
    let mut command = Command::new(program);
    command.arg("leaks").env("HOTELHUB_TEST_POSTGRES", scratch.postgres().dsn("postgres")).stdin(Stdio::null());
    command.args(["--ops", &limits.ops.to_string(), "--minutes", &limits.minutes.to_string()]);
    command.args(["--hotels", &limits.hotels.to_string()]);
    command.args(limits.seed.iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
    command.args(without.iter().flat_map(|guard| ["--without", guard]));
    let status = command.status().with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(status.success(), "the torture did not end well");
    Ok(())
}

/// The harness around the node that is shipped.
fn harness(programs: &Programs) -> PathBuf {
    programs.folder().join("hotelhub-torture")
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
