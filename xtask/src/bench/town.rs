//! The hotels of the tenancy bench: their databases are made once, without flushing, and kept.
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{cluster, harness};
use crate::group::Group;
use crate::programs::{Programs, output};
use crate::servers::account::remove_folder;
use crate::servers::postgres::{Disk, Postgres};
use crate::servers::traces::Traces;
use crate::stop::Stop;

/// What a database takes, in bytes, and what is left to measure in.
const EACH: u64 = 10 << 20;
const ROOM: u64 = 5 << 30;

/// A durable server with the databases on it. Those of another version of the schema are made anew.
pub(super) fn server(
    programs: &Programs,
    hotels: u64,
    folder: &Path,
    traces: &Traces,
    stop: &Stop,
) -> Result<Postgres> {
    let program = programs.bench();
    let described = output(Command::new(&program).arg("described").arg("--hotels").arg(hotels.to_string()))?;
    let note = folder.join("town");
    if fs::read_to_string(&note).ok().as_deref() != Some(&described) {
        let _ = fs::remove_file(&note);
        remove_folder(&folder.join("postgres"))?;
        make(&program, hotels, folder, traces, stop)?;
        fs::write(&note, &described).with_context(|| format!("cannot write {}", note.display()))?;
    }
    let postgres = cluster(folder, Disk::Durable, true, stop)?;
    traces.note("postgres", postgres.process.id())?;
    postgres.sql("postgres", "checkpoint")?;
    Ok(postgres)
}

fn make(program: &Path, hotels: u64, folder: &Path, traces: &Traces, stop: &Stop) -> Result<()> {
    let free = rustix::fs::statvfs(folder).context("how much room is left on the disk")?;
    let free = free.f_bavail * free.f_frsize;
    let needed = hotels * EACH + ROOM;
    ensure!(free > needed, "{hotels} databases need {} GB, {} are free: see --hotels", needed >> 30, free >> 30);
    println!("  making {hotels} databases, once …");
    let postgres = cluster(folder, Disk::Scratch, true, stop)?;
    traces.note("postgres", postgres.process.id())?;
    let mut command = harness(program, "town", folder, &postgres);
    command.arg("--hotels").arg(hotels.to_string());
    let mut making = Group::start(&mut command)?;
    traces.note("bench", making.id())?;
    let status = making.wait(stop)?;
    ensure!(status.success(), "the databases were not made ({status})");
    drop(postgres);
    // What was not flushed while it was made is flushed now: a bench of commits would pay for it.
    ensure!(Command::new("sync").status().context("cannot run sync")?.success(), "sync failed");
    Ok(())
}
