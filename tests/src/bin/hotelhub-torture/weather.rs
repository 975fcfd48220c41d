//! What goes wrong around a node: backends are killed, statements cancelled, lines broken, tables locked, the budget squeezed.
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::dice::Dice;
use crate::proxy::Mishap;
use crate::run::Run;
use crate::town::STATEMENT;

/// The hand of the seed that makes the weather.
const HAND: u64 = 1_000_001;

/// How long a table stays locked: who wants to write it in the first half of that runs into the limit of a statement.
const LOCKED: Duration = STATEMENT.saturating_mul(2);

/// How long the budget stays squeezed.
const SQUEEZED: Duration = Duration::from_millis(150);

/// Makes weather until the run is over.
pub(crate) async fn blow(run: Arc<Run>) -> Result<()> {
    let dice = Dice::of(run.seed, HAND);
    let admin = run.town.admin().await?;
    let mut locks = JoinSet::new();
    while run.goes_on() {
        // By visits, not by time: a slow machine makes no worse weather.
        run.after(2 + u64::from(dice.below(12))).await;
        match dice.below(24) {
            0..6 => strike(&run, &admin, &dice, "killed", "pg_terminate_backend").await?,
            6..9 => strike(&run, &admin, &dice, "cancelled", "pg_cancel_backend").await?,
            9 => lock_a_table(&run, &dice, &mut locks).await,
            10 => squeeze(&run, &dice).await,
            _ => {
                if let Some(mishap) = dice.pick(&Mishap::ALL) {
                    run.town.proxy.strike(*mishap, &dice);
                }
            }
        }
        while locks.try_join_next().is_some() {}
    }
    run.town.squeeze(None);
    locks.join_all().await;
    Ok(())
}

/// Does this to one of the node's backends, whatever it is doing.
async fn strike(run: &Run, admin: &Client, dice: &Dice, what: &str, strike: &str) -> Result<()> {
    let databases: Vec<String> = run.town.hotels.iter().map(|hotel| hotel.route().placement.database).collect();
    let throw = dice.below(1_000_000).to_string();
    let sql = format!(
        "select {strike}(pid)
           from pg_stat_activity
          where application_name = 'hotelhub' and datname = any($1)
          order by md5(pid::text || $2::text)
          limit 1"
    );
    if admin.execute(&sql, &[&databases, &throw]).await? > 0 {
        run.count(what);
    }
    Ok(())
}

/// Keeps everybody from writing the nights of a hotel for a while.
async fn lock_a_table(run: &Arc<Run>, dice: &Dice, locks: &mut JoinSet<()>) {
    let Some(hotel) = dice.pick(&run.town.hotels) else { return };
    // A database that is just being moved lets nobody in, and who is in it is put out.
    if let Ok(inside) = run.town.inside(hotel).await {
        let run = run.clone();
        locks.spawn(async move {
            let sleep = LOCKED.as_secs_f64();
            let lock = format!(
                "begin; lock table inventory_days in share row exclusive mode; select pg_sleep({sleep}); rollback"
            );
            if inside.batch_execute(&lock).await.is_ok() {
                run.count("locked");
            }
        });
    }
}

/// Leaves the whole town two connections for a moment.
async fn squeeze(run: &Run, dice: &Dice) {
    run.count("squeezed");
    run.town.squeeze(Some(1 + dice.below(3)));
    tokio::time::sleep(SQUEEZED).await;
    run.town.squeeze(None);
}
