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
use crate::run::Run;
use crate::town::Town;
use crate::{books, inheritance, passages, visitor, weather};

/// Visitors at once: more than there are connections.
const VISITORS: u64 = 16;

/// Of all visits, so many in a hundred must have been answered as they were meant.
const ANSWERED: u64 = 50;

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
    #[arg(long, default_value_t = 4)]
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
    let run = Run::new(town, Owners::default(), seed, wish.ops, Duration::from_secs(60 * wish.minutes));
    let run = torment(run).await?;
    tell(&run);
    judge(&run, wish.without)?;
    if run.found().is_none() {
        run.town.tear_down().await?;
    }
    Ok(())
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
            run.find(format!("{error:#}"));
        }
    }
    if run.found().is_none()
        && let Err(error) = books::close(&run).await
    {
        run.find(format!("when all was over: {error:#}"));
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
        println!("seed {}, after {} visits: {found}", run.seed, run.visits());
        run.last().iter().for_each(|line| println!("  {line}"));
    }
}

/// Without a guard something must be found, with all of them nothing.
fn judge(run: &Run, without: Option<Guard>) -> Result<()> {
    match (run.found(), without) {
        (Some(_), Some(_)) => return Ok(()),
        (Some(found), None) => bail!("seed {}: {found}", run.seed),
        (None, Some(guard)) => bail!("seed {}: without {} nothing was found", run.seed, guard.name()),
        (None, None) => {}
    }
    let tally = run.tally();
    let good: u64 = tally.iter().filter(|(what, _)| what.starts_with('2')).map(|(_, times)| times).sum();
    ensure!(good * 100 >= run.visits() * ANSWERED, "seed {}: only {good} visits were answered well", run.seed);
    let (ids, marks) = run.owners.seen();
    ensure!(ids > 100 && marks > run.visits(), "seed {}: the answers showed too little to judge", run.seed);
    Ok(())
}
