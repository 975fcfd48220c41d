//! A thousand hotels of which few are asked for often, and fewer connections than hotels.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use hotelhub_testkit::zipf;
use hotelhub_tests::{Connection, House, Watch, patiently};
use tokio::task::JoinSet;

use crate::compare::Compared;
use crate::floor::Floor;
use crate::report::Figure;
use crate::town;
use crate::trace::ByAge;

/// Hotels for each connection the server may see.
const HOTELS_EACH: usize = 5;

/// Connections of which one is for making databases; the others are the node's for guests and jobs.
const FLEET_EACH: usize = 10;

/// Of those for making databases, half are lent to guests when nobody makes one, but for the last of them.
const NEVER_LENT: usize = 4;

/// Guests at once, and connections for each of them: most of them lie idle, so that it matters which is closed.
const GUESTS: usize = 32;
const CONNECTIONS_EACH: usize = 4;

/// Requests of one part of the trace.
const REQUESTS: usize = 2_000;

/// Parts of the trace that are compared; two more go before them.
const PARTS: usize = 30;

/// Parts until the pool is full: whoever comes first is opened until then, whatever closes.
const UNTIL_FULL: usize = 2;

/// No part is begun after this, and so many there must be.
const ENOUGH: Duration = Duration::from_secs(240);
const AT_LEAST: usize = 6;

/// What the nodes have open on the server.
const SEEN: &str = "select count(*) from pg_stat_activity
    where backend_type = 'client backend' and datname <> current_database() and (datname ^@ 't_' or application_name ^@ 'hotelhub')";

/// Never more connections than the budget, no errors, and fewer connections opened than by age, on the same trace.
pub(crate) async fn never_exceeded(house: &House, floor: &Floor, hotels: usize) -> Result<Vec<Figure>> {
    let budget = hotels / HOTELS_EACH;
    let fleet = budget / FLEET_EACH;
    let pool = budget - fleet;
    let guests = GUESTS.min(pool / CONNECTIONS_EACH);
    floor.central().execute("update clusters set budget = $1", &[&i32::try_from(budget)?]).await?;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let pooled = pool as f64;
    // What was lent in a crowd before is given back little by little.
    patiently(300, "the node has its share", async || {
        let [share, open] =
            [house.counted("hotelhub_pool_budget").await?, house.counted("hotelhub_pool_connections").await?];
        Ok((share == pooled && open <= pooled).then_some(()))
    })
    .await?;
    let trace = zipf(hotels, (UNTIL_FULL + PARTS) * REQUESTS, 7);
    // As many as the node ever has: what is lent to it too.
    let mut by_age = ByAge::new(budget - fleet.div_ceil(2).max(NEVER_LENT).min(fleet), guests);
    let (mut pairs, mut refused, mut answered) = (Vec::new(), 0, 0);
    let watch = Watch::begin(&house.central_dsn(), SEEN).await?;
    let mut begun = Instant::now();
    for (part, requests) in trace.chunks(REQUESTS).enumerate() {
        let before = house.counted("hotelhub_pool_opens_total").await?;
        refused += asked(house, requests, guests).await?;
        let opened = house.counted("hotelhub_pool_opens_total").await? - before;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let by_age = by_age.replay(requests) as f64;
        if part < UNTIL_FULL {
            begun = Instant::now();
            continue;
        }
        pairs.push((opened, by_age));
        answered += requests.len();
        if begun.elapsed() > ENOUGH {
            break;
        }
    }
    anyhow::ensure!(pairs.len() >= AT_LEAST, "{} parts of the trace are too few to judge", pairs.len());
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let pace = answered as f64 / begun.elapsed().as_secs_f64();
    let (most, samples) = watch.ends().await?;
    let usual = i32::from(house.settings().budget);
    floor.central().execute("update clusters set budget = $1", &[&usual]).await?;
    anyhow::ensure!(samples > 1_000, "the server was looked at {samples} times only");
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let (most, budgeted, refused) = (most as f64, budget as f64, refused as f64);
    let town = format!("{hotels} hotels, budget {budget}");
    Ok(vec![
        Figure::at_most(format!("{town}: most connections seen"), most, "backends", budgeted, "<= the budget"),
        Figure::at_least(format!("{town}, Zipf 1.0: pace"), pace, "req/s", 500.0, ">= 500/s"),
        Figure::exact("the same: errors", refused, "requests", refused == 0.0, "0"),
        Figure::ratio_at_most(
            "the same: connections opened in 2,000 requests",
            "opens",
            &Compared::of(&pairs),
            0.9,
            "<= 90 % of closing by age",
        ),
    ])
}

/// Asks these hotels in their order, so many at once; how many were not answered 200.
async fn asked(house: &House, hotels: &[usize], guests: usize) -> Result<usize> {
    let requests: Arc<[Vec<u8>]> = hotels.iter().map(|hotel| town::public(house, *hotel)).collect();
    let next = Arc::<AtomicUsize>::default();
    let mut crowd = JoinSet::new();
    for _ in 0..guests {
        let (port, requests, next) = (house.node_port(), requests.clone(), next.clone());
        crowd.spawn(async move {
            let mut node = Connection::open(port).await?;
            let mut refused = 0;
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                refused += usize::from(node.send(request).await?.status != 200);
            }
            anyhow::Ok(refused)
        });
    }
    let mut refused = 0;
    while let Some(guest) = crowd.join_next().await {
        refused += guest??;
    }
    Ok(refused)
}
