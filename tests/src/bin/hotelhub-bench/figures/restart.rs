//! Three nodes started anew, one after the other, under a thousand requests a second.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hotelhub_tests::{Answered, Balance, Beside, House, until_served};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use crate::report::Figure;
use crate::town;

/// Hotels that are asked, and who asks: each this often, whether answers come or not.
const ASKED: usize = 100;
const GUESTS: usize = 20;
const PACE: Duration = Duration::from_millis(20);

/// Rounds over the three nodes, and how long each node is in before the next goes.
const ROUNDS: usize = 3;
const BETWEEN: Duration = Duration::from_secs(3);

/// What was counted.
#[derive(Debug, Default)]
struct Tally {
    answered: AtomicU64,
    again: AtomicU64,
    failed: AtomicU64,
}

/// Takes each node out of the balance, stops it, starts it anew and puts it back, again and again. The balance goes by the host: where
/// requests go round, each node needs a connection for each hotel, and three have not got so many.
pub(crate) async fn of_three_nodes(house: &mut House, last: usize) -> Result<Vec<Figure>> {
    let mut beside = [house.another_node("node-4", "serve").await?, house.another_node("node-5", "serve").await?];
    for name in ["node-4", "node-5"] {
        house.until_granted(name).await?;
    }
    let ports = [house.node_port(), beside[0].ports[0], beside[1].ports[0]];
    for port in ports {
        town::until_known(port, house, last + 1 - ASKED, last).await?;
        until_served(port, &house.host(&town::slug(last))).await?;
    }
    let requests: Vec<Vec<u8>> = (last + 1 - ASKED..=last).map(|number| town::public(house, number)).collect();
    let (balance, tally, over) = (Balance::over(ports), Arc::<Tally>::default(), Arc::<AtomicBool>::default());
    let mut asking = JoinSet::new();
    let begun = Instant::now();
    for guest in 0..GUESTS {
        asking.spawn(ask_on_and_on(guest, requests.clone(), balance.clone(), tally.clone(), over.clone()));
    }
    for restart in 0..3 * ROUNDS {
        sleep(BETWEEN).await;
        balance.take_out(restart % 3);
        start_anew(house, &mut beside, restart % 3).await?;
        balance.put_back();
    }
    sleep(BETWEEN).await;
    over.store(true, Ordering::Relaxed);
    while let Some(ended) = asking.join_next().await {
        ended?;
    }
    let took = begun.elapsed().as_secs_f64();
    for (node, name) in beside.iter_mut().zip(["node-4", "node-5"]) {
        node.process.stop().await?;
        house.retire(name).await?;
    }
    told(&tally, took)
}

/// Stops the node at this place, the house's own at the first, and starts it again.
async fn start_anew(house: &mut House, beside: &mut [Beside], place: usize) -> Result<()> {
    match place.checked_sub(1).and_then(|place| beside.get_mut(place)) {
        Some(node) => {
            node.process.stop().await?;
            house.restart_beside(node).await
        }
        None => {
            house.node.stop().await?;
            house.restart_node().await
        }
    }
}

fn told(tally: &Tally, took: f64) -> Result<Vec<Figure>> {
    #[expect(clippy::cast_precision_loss, reason = "some tens of thousands")]
    let [answered, again, failed] =
        [&tally.answered, &tally.again, &tally.failed].map(|count| count.load(Ordering::Relaxed) as f64);
    ensure!(answered > 0.0, "nobody was answered");
    Ok(vec![
        Figure::exact("rolling restart of 3 nodes: failed requests", failed, "requests", failed == 0.0, "0"),
        Figure::at_least(
            "the same: answered meanwhile",
            answered / took,
            "/s",
            980.0,
            ">= 1,000/s, a timer's slack off",
        ),
        Figure::at_most("the same: sent once more, in all", again, "requests", answered / 1_000.0, "<= 1 in 1,000"),
    ])
}

/// A guest who asks for one hotel after the other at a steady pace.
async fn ask_on_and_on(
    guest: usize,
    requests: Vec<Vec<u8>>,
    balance: Balance,
    tally: Arc<Tally>,
    over: Arc<AtomicBool>,
) {
    let (mut pace, mut caller) = (interval(PACE), balance.caller());
    for (hotel, request) in requests.iter().enumerate().cycle().skip(guest * requests.len() / GUESTS) {
        pace.tick().await;
        if over.load(Ordering::Relaxed) {
            break;
        }
        match caller.ask_at_home(hotel, request).await {
            Ok(Answered { reply, again }) if reply.status == 200 => {
                tally.answered.fetch_add(1, Ordering::Relaxed);
                tally.again.fetch_add(u64::from(again), Ordering::Relaxed);
            }
            outcome => {
                tally.failed.fetch_add(1, Ordering::Relaxed);
                println!("failed: {outcome:?}");
            }
        }
    }
}
