//! The leak harness: sets a town up, lets visitors, weather and passages loose on it, and says what was found.
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::Args;
use hotelhub_data_plane::tenancy::Guard;
use hotelhub_kernel::Entropy;
use hotelhub_web::telemetry;
use tokio::task::JoinSet;

use crate::owners::Owners;
use crate::proxy::Mishap;
use crate::run::Run;
use crate::sign::Finding;
use crate::town::Town;
use crate::{books, inheritance, passages, visitor, weather};

/// Visitors at once: more than there are connections.
const VISITORS: u64 = 16;

/// Of all visits, so many in a hundred must have been answered as they were meant.
const ANSWERED: u64 = 70;

/// Fewer visits than this in a minute are no torment.
const VISITS_A_MINUTE: u64 = 1_500;

/// Each fault must have happened once in so many visits.
const FAULT_EACH: u64 = 2_000;

/// What is counted of the weather where it happens, besides what befalls the line to Postgres.
const FAULTS: [&str; 5] = ["killed", "cancelled", "locked", "squeezed", "hung up"];

/// Each passage must have happened once, and once in so many seconds: it takes its time, however fast the visits are.
const PASSAGE_EACH: u64 = 60;

/// What hotels go through.
const PASSAGES: [&str; 4] = ["suspended", "led astray", "gone", "moved"];

/// A node may close a connection that nobody has asked anything over once in so many visits.
const AGAIN_EACH: u64 = 1_000;

/// What to do.
#[derive(Args)]
pub(crate) struct Wish {
    /// The superuser of a Postgres server.
    #[arg(long, env = "HOTELHUB_TEST_POSTGRES", hide_env_values = true)]
    admin_dsn: String,
    /// Visits to make.
    #[arg(long, default_value_t = 100_000)]
    ops: u64,
    /// Ends earlier when so many minutes are over.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// What decides all that is left to chance; rolled when nothing is said.
    #[arg(long)]
    seed: Option<u64>,
    /// Hotels of the town.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=100))]
    hotels: u64,
    /// What the node logs: `hotelhub=warn`.
    #[arg(long, default_value = "off")]
    log: String,
    /// Takes a guard down, and fails unless that is found out.
    #[arg(long, value_name = "GUARD", value_parser = guard)]
    without: Option<Guard>,
}

fn guard(name: &str) -> Result<Guard, String> {
    Guard::named(name).ok_or_else(|| {
        let names: Vec<_> = Guard::ALL.iter().map(|guard| guard.name()).collect();
        format!("one of {}", names.join(", "))
    })
}

/// Torments a town.
pub(crate) async fn run(wish: Wish) -> Result<()> {
    let seed = wish.seed.unwrap_or_else(|| u64::from(u32::from_le_bytes(Entropy::system().bytes())));
    let without = wish.without.map_or_else(String::new, |guard| format!(" without {}", guard.name()));
    println!("seed {seed}{without}");
    telemetry::init(telemetry::Format::Pretty, &wish.log)?;
    if let Some(guard) = wish.without {
        // Before anything is marked or sealed with a key.
        take_down(guard)?;
    }
    let town = Town::build(&wish.admin_dsn, usize::try_from(wish.hotels)?).await?;
    inheritance::leave(&town).await?;
    let owners = Owners::default();
    for hotel in &town.hotels {
        owners.belong(&hotel.mark, hotel.stock.room_types.iter().chain([&hotel.stock.rate_plan]));
    }
    let run = Run::new(town, owners, seed, wish.ops, Duration::from_secs(60 * wish.minutes));
    let run = torment(run).await?;
    tell(&run);
    match wish.without {
        Some(guard) => must_be_missed(&run, guard),
        None => {
            judge(&run, wish.ops.min(VISITS_A_MINUTE * wish.minutes))?;
            run.town.tear_down().await
        }
    }
}

#[cfg(feature = "unguarded")]
fn take_down(guard: Guard) -> Result<()> {
    guard.take_down();
    Ok(())
}

#[cfg(not(feature = "unguarded"))]
fn take_down(guard: Guard) -> Result<()> {
    bail!("{} cannot be taken down: this program was built without the feature `unguarded`", guard.name())
}

/// Lets everything loose until enough visits were made, the time is over, or something is found.
async fn torment(run: Run) -> Result<Run> {
    let run = Arc::new(run);
    run.town.squeeze(None);
    let mut crowd = JoinSet::new();
    for hand in 0..VISITORS {
        let run = run.clone();
        crowd.spawn(async move {
            visitor::wander(run, hand).await;
            Ok(())
        });
    }
    crowd.spawn(weather::blow(run.clone()));
    crowd.spawn(passages::lead(run.clone()));
    crowd.spawn(books::keep_looking(run.clone()));
    while let Some(ended) = crowd.join_next().await {
        if let Err(error) = ended? {
            run.find(Finding::of(&error, None, format!("{error:#}")));
        }
    }
    if run.found().is_none()
        && let Err(error) = books::close(&run).await
    {
        run.find(Finding::of(&error, None, format!("when all was over: {error:#}")));
    }
    Arc::into_inner(run).ok_or_else(|| anyhow::anyhow!("somebody has not come home"))
}

fn tell(run: &Run) {
    let (ids, marks) = run.owners.seen();
    let seconds = run.took().as_secs_f64();
    println!("{} visits in {seconds:.0} s, {marks} marks and {ids} identifiers seen", run.visits());
    let counts: Vec<String> = run.tally().iter().map(|(what, times)| format!("{what} {times}")).collect();
    println!("{}", counts.join(", "));
    if let Some(found) = run.found() {
        println!("seed {}, after {} visits: {}", run.seed, run.visits(), found.told);
        run.last().iter().for_each(|line| println!("  {line}"));
    }
}

/// What this guard keeps out must be found, and that first.
fn must_be_missed(run: &Run, guard: Guard) -> Result<()> {
    let (seed, name) = (run.seed, guard.name());
    let Some(found) = run.found() else { bail!("seed {seed}: without {name} nothing was found") };
    ensure!(found.betrays(guard), "seed {seed}: what was found is no sign that {name} is missing: {}", found.told);
    Ok(())
}

/// Nothing may be found, where enough was asked, answered, shown and broken to find something.
fn judge(run: &Run, least: u64) -> Result<()> {
    let (seed, visits) = (run.seed, run.visits());
    if let Some(found) = run.found() {
        bail!("seed {seed}: {}", found.told);
    }
    ensure!(visits >= least, "seed {seed}: {visits} visits in this time are too few to judge, {least} would do");
    let tally = run.tally();
    let times = |what: &str| tally.get(what).copied().unwrap_or_default();
    let good: u64 = tally.iter().filter(|(what, _)| what.starts_with('2')).map(|(_, times)| times).sum();
    ensure!(good * 100 >= visits * ANSWERED, "seed {seed}: only {good} visits were answered well");
    ensure!(times(visitor::AGAIN) <= visits / AGAIN_EACH, "seed {seed}: too many connections were closed unasked");
    let faults = Mishap::ALL.map(|mishap| format!("{mishap:?}"));
    for fault in faults.iter().map(String::as_str).chain(FAULTS) {
        ensure!(times(fault) >= visits / FAULT_EACH, "seed {seed}: too little was {fault}: {} times", times(fault));
    }
    let seconds = run.took().as_secs();
    for passage in PASSAGES {
        let least = ((seconds + PASSAGE_EACH / 2) / PASSAGE_EACH).max(1);
        ensure!(times(passage) >= least, "seed {seed}: too few were {passage} in {seconds} s: {}", times(passage));
    }
    let (ids, marks) = run.owners.seen();
    ensure!(ids > 100 && marks > visits, "seed {seed}: the answers showed too little to judge");
    Ok(())
}
