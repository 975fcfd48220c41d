//! The demo: both planes on private servers, two hotels signed up and filled; and the story that shows it holds.
mod again;
mod desk;
mod fill;
mod house;
mod mailbox;
mod newcomer;
mod sample;
mod state;
mod story;
mod summary;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;

use self::house::{House, Start};
use self::sample::{Hotel, read};
use self::state::{Ports, State};
use crate::programs::Programs;
use crate::progress::{step, time};
use crate::scratch;
use crate::servers::account::remove_folder;
use crate::servers::traces::Traces;
use crate::stop::Stop;
use crate::{install, repo};

/// The hotels of the demo, by their files.
const HOTELS: &[&str] = &["melati.json", "kenanga.json"];

/// How to show it.
#[derive(Args)]
pub(crate) struct Wish {
    /// Throws away what an earlier demo kept.
    #[arg(long, conflicts_with = "check")]
    fresh: bool,
    /// Signs the hotels up and leaves them empty.
    #[arg(long)]
    minimal: bool,
    /// Proves the whole story over HTTP in a throw-away folder on free ports, and stops everything.
    #[arg(long)]
    check: bool,
}

/// Runs until somebody stops it, or to the end of the story with `--check`.
pub(crate) fn run(wish: &Wish, stop: &Stop) -> Result<()> {
    install::ensure_all(install::SERVERS)?;
    let programs = Programs::build()?;
    match wish.check {
        true => check(wish, programs, stop),
        false => show(wish, programs, stop),
    }
}

/// Proves the whole story, sample data included, with programs that are built already.
pub(crate) fn prove(programs: Programs, stop: &Stop) -> Result<()> {
    check(&Wish { fresh: false, minimal: false, check: true }, programs, stop)
}

fn show(wish: &Wish, programs: Programs, stop: &Stop) -> Result<()> {
    let begun = Instant::now();
    let folder = repo::target().join("demo");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut traces = Traces::take_over(&folder)?;
    if wish.fresh {
        remove_folder(&folder)?;
        fs::create_dir_all(&folder)?;
        traces = Traces::take_over(&folder)?;
    }
    let state = State::open(&folder, &Ports::usual())?;
    let mut house = House::start(Start { folder: &folder, kept: true, state, traces, programs }, stop)?;
    move_in(&mut house, wish.minimal)?;
    summary::write(&house)?;
    summary::show(&house);
    println!("  Ready after {}.", time(begun.elapsed()).trim());
    while !stop.asked() {
        house.check()?;
        thread::sleep(Duration::from_millis(200));
    }
    println!("\n  stopping …");
    Ok(())
}

fn check(wish: &Wish, programs: Programs, stop: &Stop) -> Result<()> {
    let folder = scratch::Folder::new("demo")?;
    let begun = Instant::now();
    let state = State::open(folder.path(), &Ports::any())?;
    let traces = Traces::take_over(folder.path())?;
    let start = Start { folder: folder.path(), kept: true, state, traces, programs: programs.clone() };
    House::start(start, stop)
        .and_then(|mut house| {
            move_in(&mut house, wish.minimal)?;
            story::tell(&mut house)?;
            again::tell(house, programs)
        })
        .inspect_err(|_| keep_logs(folder.path()))?;
    println!("  Every step held, in {}.", time(begun.elapsed()).trim());
    Ok(())
}

/// Signs up and fills whatever is not there yet.
fn move_in(house: &mut House, minimal: bool) -> Result<()> {
    for file in HOTELS {
        let hotel: Hotel = read(file)?;
        let name = hotel.signup.get("hotel").and_then(|name| name.as_str()).unwrap_or(file).to_owned();
        let slug = hotel.signup.get("slug").and_then(|slug| slug.as_str()).unwrap_or_default();
        let mut owner = None;
        if !house.state.tenants.iter().any(|tenant| tenant.slug == slug) {
            let (tenant, visitor) = step(&format!("{name} signs up"), || newcomer::settle_in(house, &hotel.signup))?;
            house.state.tenants.push(tenant);
            house.save()?;
            owner = Some(visitor);
        }
        let Some(at) = house.state.tenants.iter().position(|tenant| tenant.slug == slug) else { continue };
        if minimal || house.state.tenants[at].filled {
            continue;
        }
        let owner = owner.map_or_else(|| newcomer::log_in(&house.state.tenants[at]), Ok)?;
        step(&format!("{name}: rooms, prices, stays"), || fill::fill(&hotel, &owner, &house.stop))?;
        house.state.tenants[at].filled = true;
        house.save()?;
    }
    Ok(())
}

/// Where the logs of a story that broke are found afterwards.
fn keep_logs(folder: &Path) {
    let kept = repo::target().join("demo-check-logs");
    let _ = fs::remove_dir_all(&kept);
    let _ = fs::create_dir_all(&kept);
    for entry in fs::read_dir(folder.join("logs")).into_iter().flatten().flatten() {
        let _ = fs::copy(entry.path(), kept.join(entry.file_name()));
    }
    eprintln!("  the logs are kept in {}", kept.display());
}
