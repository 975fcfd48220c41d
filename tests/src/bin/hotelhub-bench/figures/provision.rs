//! A new hotel every second, and what those who are there notice of it.
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hotelhub_tests::{Connection, House, sign_up, until_served};
use tokio::task::JoinSet;
use tokio::time::interval;

use crate::compare::{Compared, median, percentile};
use crate::floor::Floor;
use crate::report::Figure;
use crate::town;

/// Hotels that are there, and who asks them: each guest so often, whether answers come or not.
const ASKED: usize = 50;
const GUESTS: usize = 10;
const PACE: Duration = Duration::from_millis(50);

/// A window of which the slowest hundredth is told: 2,000 requests.
const WINDOW: Duration = Duration::from_secs(10);

/// Windows without sign-ups and then with them, twice: five minutes with them in all. To each of the first fall as many of the second, and an
/// odd number, which has a middle.
const QUIET: usize = 5;
const BUSY: usize = 15;

/// Ready-made databases that are kept at least.
const READY: u16 = 4;

/// The slowest hundredth of the requests in each window, with a sign-up every second and without.
pub(crate) async fn one_a_second(house: &mut House, floor: &Floor, last: usize) -> Result<Vec<Figure>> {
    house.keep_ready_databases(READY).await?;
    floor.wait_for_ready_databases(READY.into()).await?;
    let requests: Vec<Vec<u8>> = (last + 1 - ASKED..=last).map(|number| town::public(house, number)).collect();
    window(house.node_port(), &requests, Duration::from_secs(2)).await?;
    let (mut quiet, mut busy, mut sign_ups) = (Vec::new(), Vec::new(), Vec::new());
    for half in 0..2 {
        for _ in 0..QUIET {
            quiet.push(window(house.node_port(), &requests, WINDOW).await?);
        }
        let guests = async {
            for _ in 0..BUSY {
                busy.push(window(house.node_port(), &requests, WINDOW).await?);
            }
            anyhow::Ok(())
        };
        let owners = arrivals(house, half, WINDOW * u32::try_from(BUSY)?);
        let ((), took) = tokio::try_join!(guests, owners)?;
        sign_ups.extend(took);
    }
    house.keep_ready_databases(0).await?;
    // Each quiet window is compared once, with the middle of as many busy ones as fall to it.
    let share = |place: usize| place * busy.len() / quiet.len();
    let beside = |place: usize| busy.get(share(place)..share(place + 1)).map_or(f64::NAN, median);
    let pairs: Vec<(f64, f64)> = quiet.iter().enumerate().map(|(place, quiet)| (beside(place), *quiet)).collect();
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let count = sign_ups.len() as f64;
    Ok(vec![
        Figure::ratio_at_most(
            "others' p99 while a hotel signs up each second",
            "ms",
            &Compared::of(&pairs),
            1.2,
            "<= 1.2x without sign-ups",
        ),
        Figure::at_least("the same: sign-ups served", count, "hotels", 295.0, "1/s for 5 min"),
        Figure::at_most("the same: sign-up to first 200, p50", median(&sign_ups), "ms", 150.0, "<= 150 ms"),
    ])
}

/// Sign-ups, one each second, each in its own time; the milliseconds until each was served.
async fn arrivals(house: &House, half: usize, span: Duration) -> Result<Vec<f64>> {
    let (mut pace, begun) = (interval(Duration::from_secs(1)), Instant::now());
    let mut took = Vec::new();
    for number in 0_usize.. {
        pace.tick().await;
        if begun.elapsed() >= span {
            break;
        }
        let (slug, asked) = (format!("datang-{half}-{number}"), Instant::now());
        sign_up(house, &slug).await.with_context(|| slug.clone())?;
        until_served(house.node_port(), &house.host(&slug)).await?;
        took.push(asked.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(took)
}

/// The time that the slowest hundredth of a window's requests took, in milliseconds, from when each was due.
async fn window(port: u16, requests: &[Vec<u8>], span: Duration) -> Result<f64> {
    let mut asking = JoinSet::new();
    let begun = tokio::time::Instant::now();
    for guest in 0..GUESTS {
        let requests = requests.to_vec();
        asking.spawn(async move {
            let (mut connection, mut pace) = (Connection::open(port).await?, interval(PACE));
            let mut times = Vec::new();
            for request in requests.iter().cycle().skip(guest * requests.len() / GUESTS) {
                let due = pace.tick().await;
                if due.duration_since(begun) >= span {
                    break;
                }
                connection.send(request).await?.json(200)?;
                times.push(due.elapsed().as_secs_f64() * 1_000.0);
            }
            anyhow::Ok(times)
        });
    }
    let mut all = Vec::new();
    while let Some(times) = asking.join_next().await {
        all.extend(times??);
    }
    Ok(percentile(&all, 99))
}
