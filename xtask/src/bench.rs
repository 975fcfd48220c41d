//! The bench: a durable Postgres under target/bench, the bench program against it, and a table of its figures.
mod town;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::group::Group;
use crate::programs::{Programs, output};
use crate::servers::account::remove_folder;
use crate::servers::postgres::{Disk, Postgres, Wish as Cluster};
use crate::servers::redis::Redis;
use crate::servers::traces::Traces;
use crate::stop::Stop;
use crate::{install, ports, random, repo};

/// What to measure.
#[derive(Args)]
pub(crate) struct Wish {
    /// The bench to run.
    #[arg(value_enum, default_value_t = Name::Foundation)]
    name: Name,
    /// Measures only this part. Of foundation: lookup, standalone, wire, warm, search, last_rooms, sign_up, cold or memory; of tenancy:
    /// lookup, recover, cold, warm, budget, rollout, move, schema, change, restart, provision, sign_up or memory.
    #[arg(long)]
    only: Option<String>,
    /// Hotels of tenancy, 1,000 unless said: fewer where there is no room for so many databases.
    #[arg(long, value_parser = clap::value_parser!(u64).range(200..=1_000))]
    hotels: Option<u64>,
    /// Writes the figures to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Name {
    /// One way through the house.
    Foundation,
    /// A thousand hotels on one server.
    Tenancy,
}

impl Name {
    fn word(self) -> &'static str {
        match self {
            Self::Foundation => "foundation",
            Self::Tenancy => "tenancy",
        }
    }
}

impl Wish {
    /// Refuses a part that the bench does not have, before anything is made for it.
    fn must_be_measurable(&self, programs: &Programs) -> Result<()> {
        let Some(only) = &self.only else { return Ok(()) };
        let parts = output(Command::new(programs.bench()).arg("parts").arg(self.name.word()))?;
        let parts: Vec<&str> = parts.lines().collect();
        ensure!(parts.contains(&only.as_str()), "--only takes one of {}", parts.join(", "));
        Ok(())
    }

    /// Whether the hotels are needed that are kept.
    fn needs_town(&self) -> bool {
        self.name == Name::Tenancy && !matches!(self.only.as_deref(), Some("lookup" | "recover"))
    }
}

/// Hotels of tenancy.
const HOTELS: u64 = 1_000;

/// One figure, as the bench program prints it: one JSON object a line. `ok` is null where the load leaves it undecided.
#[derive(Debug, Serialize, Deserialize)]
struct Figure {
    name: String,
    value: Value,
    unit: String,
    #[serde(default)]
    baseline: Value,
    #[serde(default)]
    ratio: Value,
    #[serde(default)]
    interval: Value,
    #[serde(default)]
    goal: Value,
    #[serde(default)]
    ok: Option<bool>,
}

#[derive(Serialize)]
struct Report {
    /// The load average of the last minute, when the last figure was taken.
    load1: f64,
    figures: Vec<Figure>,
}

/// Runs a bench and fails when one of its goals is missed.
pub(crate) fn run(wish: &Wish, stop: &Stop) -> Result<()> {
    ensure!(wish.hotels.is_none() || wish.name == Name::Tenancy, "--hotels is of tenancy: `bench tenancy --hotels …`");
    install::ensure_all(install::SERVERS)?;
    let programs = Programs::build_optimised()?;
    wish.must_be_measurable(&programs)?;
    let bench = repo::target().join("bench");
    let folder = if wish.needs_town() { bench.join("tenancy") } else { bench };
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let traces = Traces::take_over(&folder)?;
    let postgres = if wish.needs_town() {
        town::server(&programs, wish.hotels.unwrap_or(HOTELS), &folder, &traces, stop)?
    } else {
        fresh(&folder, &traces, stop)?
    };
    let password = random::kept_password(&folder.join("password"))?;
    let redis = Redis::start(&folder.join("redis"), ports::free()?, &password, &folder.join("redis.log"), stop)?;
    traces.note("redis", redis.process.id())?;
    let fsync = postgres.sql("postgres", "show fsync")?;
    ensure!(fsync.first().is_some_and(|value| value == "on"), "fsync is off: a commit measured here would be a lie");
    println!("  {} at load {:.2}", wish.name.word(), load1());
    let (figures, ended) = measure(&programs, wish, &folder, (&postgres, &redis, &traces), stop)?;
    let report = Report { load1: load1(), figures };
    print(&report);
    if let Some(file) = &wish.json {
        fs::write(file, serde_json::to_string_pretty(&report)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    if wish.needs_town() {
        // What is kept is put down in order: a server that has to be killed reads every file of it at the next start.
        postgres.sql("postgres", "checkpoint")?;
    }
    drop((redis, postgres));
    traces.clear();
    ended?;
    let missed: Vec<&str> =
        report.figures.iter().filter(|figure| figure.ok == Some(false)).map(|figure| figure.name.as_str()).collect();
    ensure!(missed.is_empty(), "missed: {}", missed.join(", "));
    Ok(())
}

/// A fresh cluster each time: what an earlier bench left would be synced at this one's checkpoints.
fn fresh(folder: &Path, traces: &Traces, stop: &Stop) -> Result<Postgres> {
    remove_folder(&folder.join("postgres"))?;
    let postgres = cluster(folder, Disk::Durable, false, stop)?;
    traces.note("postgres", postgres.process.id())?;
    Ok(postgres)
}

/// The cluster of this folder, made where there is none.
fn cluster(folder: &Path, disk: Disk, kept: bool, stop: &Stop) -> Result<Postgres> {
    let wish = Cluster {
        folder: &folder.join("postgres"),
        port: ports::free()?,
        password: &random::kept_password(&folder.join("password"))?,
        disk,
        kept,
        connections: 400,
        log: &folder.join("postgres.log"),
    };
    Postgres::start(&wish, stop)
}

/// The bench program on these grounds.
fn harness(program: &Path, what: &str, folder: &Path, postgres: &Postgres) -> Command {
    let mut command = Command::new(program);
    command.arg(what).arg("--dir").arg(folder).stdin(Stdio::null());
    command.env("HOTELHUB_TEST_POSTGRES", postgres.dsn("postgres"));
    command
}

/// The figures that were taken, and whether the bench program came to its end.
fn measure(
    programs: &Programs,
    wish: &Wish,
    folder: &Path,
    (postgres, redis, traces): (&Postgres, &Redis, &Traces),
    stop: &Stop,
) -> Result<(Vec<Figure>, Result<()>)> {
    let mut command = harness(&programs.bench(), wish.name.word(), folder, postgres);
    command.stdout(Stdio::piped()).arg("--programs").arg(programs.folder());
    command.env("HOTELHUB_TEST_REDIS", redis.url());
    command.env("HOTELHUB_XTASK", std::env::current_exe().context("this program has no path")?);
    if wish.name == Name::Tenancy {
        command.arg("--hotels").arg(wish.hotels.unwrap_or(HOTELS).to_string());
    }
    command.args(wish.only.iter().flat_map(|part| ["--only", part]));
    let mut running = Group::start(&mut command)?;
    traces.note("bench", running.id())?;
    let (sender, lines) = channel();
    let output = running.output();
    thread::spawn(move || {
        output.map(BufReader::new).into_iter().flat_map(BufRead::lines).try_for_each(|line| sender.send(line))
    });
    let mut figures = Vec::new();
    loop {
        let line = match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => line.context("the bench said something unreadable")?,
            Err(RecvTimeoutError::Timeout) => {
                stop.check()?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        match serde_json::from_str::<Figure>(&line) {
            Ok(figure) => {
                println!("  · {}", figure.name);
                figures.push(figure);
            }
            Err(_) => println!("    {line}"),
        }
    }
    let status = running.wait(stop)?;
    let ended = if status.success() { Ok(()) } else { Err(anyhow!("the bench broke off ({status})")) };
    Ok((figures, ended))
}

fn print(report: &Report) {
    println!("\n  {:<52} {:>12} {:<8} {:>10} {:>8} {:>10}  ok", "figure", "value", "unit", "baseline", "ratio", "goal");
    for figure in &report.figures {
        let ok = match figure.ok {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "undecided",
        };
        let (value, baseline) = (short(&figure.value), short(&figure.baseline));
        let (ratio, goal) = (short(&figure.ratio), short(&figure.goal));
        println!("  {:<52} {value:>12} {:<8} {baseline:>10} {ratio:>8} {goal:>10}  {ok}", figure.name, figure.unit);
    }
    println!("\n  load average {:.2}", report.load1);
}

/// A number with as many digits as mean something, anything else as it is, nothing as a dash.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => number.as_f64().map_or_else(String::new, |n| {
            let digits = if n.abs() >= 100.0 {
                0
            } else if n.abs() >= 1.0 {
                2
            } else {
                4
            };
            format!("{n:.digits$}")
        }),
        other => other.to_string(),
    }
}

fn load1() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}
