//! The bench: a durable Postgres under target/bench, the bench program against it, and a table of its figures.
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::programs::Programs;
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
    #[arg(default_value = "foundation")]
    name: String,
    /// Measures only this part: lookup, standalone, wire, sign_up, warm, search, last_rooms, cold or memory.
    #[arg(long)]
    only: Option<String>,
    /// Writes the figures to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

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
    install::ensure_all(install::SERVERS)?;
    let programs = Programs::build_optimised()?;
    let folder = repo::target().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let traces = Traces::take_over(&folder)?;
    let (postgres, redis) = servers(&folder, &traces, stop)?;
    let fsync = postgres.sql("postgres", "show fsync")?;
    ensure!(fsync.first().is_some_and(|value| value == "on"), "fsync is off: a commit measured here would be a lie");
    println!("  {} at load {:.2}", wish.name, load1());
    let figures = measure(&programs, wish, &folder, &postgres, &redis, stop)?;
    let report = Report { load1: load1(), figures };
    drop((redis, postgres));
    traces.clear();
    print(&report);
    if let Some(file) = &wish.json {
        fs::write(file, serde_json::to_string_pretty(&report)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let missed: Vec<&str> =
        report.figures.iter().filter(|figure| figure.ok == Some(false)).map(|figure| figure.name.as_str()).collect();
    ensure!(missed.is_empty(), "missed: {}", missed.join(", "));
    Ok(())
}

/// A fresh cluster each time: what an earlier bench left would be synced at this one's checkpoints.
fn servers(folder: &Path, traces: &Traces, stop: &Stop) -> Result<(Postgres, Redis)> {
    remove_folder(&folder.join("postgres"))?;
    let password = random::kept_password(&folder.join("password"))?;
    let wish = Cluster {
        folder: &folder.join("postgres"),
        port: ports::free()?,
        password: &password,
        disk: Disk::Durable,
        kept: false,
        connections: 400,
        log: &folder.join("postgres.log"),
    };
    let postgres = Postgres::start(&wish, stop)?;
    traces.note("postgres", postgres.process.id())?;
    let redis = Redis::start(&folder.join("redis"), ports::free()?, &password, &folder.join("redis.log"), stop)?;
    traces.note("redis", redis.process.id())?;
    Ok((postgres, redis))
}

fn measure(
    programs: &Programs,
    wish: &Wish,
    folder: &Path,
    postgres: &Postgres,
    redis: &Redis,
    stop: &Stop,
) -> Result<Vec<Figure>> {
    let program = programs.folder().join("hotelhub-bench");
    let mut command = Command::new(&program);
    command.arg(&wish.name).stdin(Stdio::null()).stdout(Stdio::piped());
    command.arg("--dir").arg(folder).arg("--programs").arg(programs.folder());
    command.arg("--admin-dsn").arg(postgres.dsn("postgres")).arg("--redis-url").arg(redis.url());
    command.args(wish.only.iter().flat_map(|part| ["--only", part]));
    let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
    let mut figures = Vec::new();
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line.context("the bench said something unreadable")?;
        match serde_json::from_str::<Figure>(&line) {
            Ok(figure) => {
                println!("  · {}", figure.name);
                figures.push(figure);
            }
            Err(_) => println!("    {line}"),
        }
        if stop.asked() {
            let _ = child.kill();
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("the bench broke off ({status})");
    }
    Ok(figures)
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
