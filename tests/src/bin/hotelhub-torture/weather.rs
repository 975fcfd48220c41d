//! What goes wrong around a node: backends are killed, statements cancelled, lines broken, tables locked, the budget squeezed.
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio_postgres::Client;

use crate::dice::Dice;
use crate::proxy::Mishap;
use crate::run::Run;

/// The hand of the seed that makes the weather.
const HAND: u64 = 1_000_001;

/// Longer than a statement may take.
const LOCK: &str = "begin; lock table inventory_days in share row exclusive mode; select pg_sleep(0.45); rollback";

/// How long the budget stays squeezed.
const SQUEEZED: Duration = Duration::from_millis(150);

/// Makes weather until the run is over.
pub(crate) async fn blow(run: Arc<Run>) -> Result<()> {
    let dice = Dice::of(run.seed, HAND);
    let admin = run.town.admin().await?;
    while run.goes_on() {
        // By visits, not by time: a slow machine makes no worse weather.
        run.after(2 + u64::from(dice.below(12))).await;
        match dice.below(24) {
            0..6 => strike(&run, &admin, &dice, "killed", "pg_terminate_backend").await?,
            6..9 => strike(&run, &admin, &dice, "cancelled", "pg_cancel_backend").await?,
            9 => lock_a_table(&run, &dice).await,
            10 => squeeze(&run, &dice).await,
            _ => {
                if let Some(mishap) = dice.pick(&Mishap::ALL) {
                    run.count(&format!("{mishap:?}"));
                    run.town.proxy.strike(*mishap, &dice);
                }
            }
        }
    }
    run.town.squeeze(None);
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

/// Lets every sale of a hotel run into its time limit.
async fn lock_a_table(run: &Run, dice: &Dice) {
    let Some(hotel) = dice.pick(&run.town.hotels) else { return };
    // A database that is just being moved lets nobody in.
    if let Ok(inside) = run.town.inside(hotel).await {
        run.count("locked");
        tokio::spawn(async move { inside.batch_execute(LOCK).await });
    }
}

/// Leaves the whole town two connections for a moment.
async fn squeeze(run: &Run, dice: &Dice) {
    run.count("squeezed");
    run.town.squeeze(Some(1 + dice.below(3)));
    tokio::time::sleep(SQUEEZED).await;
    run.town.squeeze(None);
}
