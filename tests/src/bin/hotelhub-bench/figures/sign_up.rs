//! From the sign-up call to the first page of the new hotel.
use std::time::Instant;

use anyhow::Result;
use hotelhub_tests::House;

use crate::compare::{Compared, median};
use crate::floor::Floor;
use crate::report::Figure;
use hotelhub_tests::{sign_up, until_served};

/// Sign-ups whose median is told.
const SIGN_UPS: usize = 100;

/// Sign-ups that are compared one by one: the ratio is near its goal, and of a hundred the interval often straddles it.
const PAIRS: usize = 2 * SIGN_UPS;

/// One by one, each beside its floor, a cold connection and three durable commits as the new tenant's own role; and how many times that they
/// may take.
pub(crate) async fn ready_made(house: &House, floor: &Floor, goal: f64) -> Result<Vec<Figure>> {
    let mut pairs = Vec::new();
    for i in 0..PAIRS {
        floor.wait_for_ready_databases(1).await?;
        let start = Instant::now();
        let slug = format!("daftar-{i}");
        sign_up(house, &slug).await?;
        until_served(house.node_port(), &house.host(&slug)).await?;
        let ours = millis(start);
        let database = house.database_of(&slug).await?;
        let start = Instant::now();
        floor.cold_open_and_three_commits(&database).await?;
        pairs.push((ours, millis(start)));
    }
    Ok(vec![Figure::ratio_at_most(
        "sign-up to first 200, ready-made",
        "ms",
        &Compared::of(&pairs),
        goal,
        format!("<= {goal}x cold open + 3 durable commits"),
    )])
}

/// The same with no ready-made database in store: each is cloned when it is asked for, half of them within these milliseconds.
pub(crate) async fn by_clone(house: &mut House, floor: &Floor, ready: u16, goal: f64) -> Result<Figure> {
    house.keep_ready_databases(0).await?;
    floor.empty_the_store().await?;
    let mut times = Vec::new();
    for i in 0..SIGN_UPS {
        let start = Instant::now();
        let slug = format!("klona-{i}");
        sign_up(house, &slug).await?;
        until_served(house.node_port(), &house.host(&slug)).await?;
        times.push(millis(start));
    }
    house.keep_ready_databases(ready).await?;
    Ok(Figure::at_most("sign-up to first 200, by clone, p50", median(&times), "ms", goal, format!("<= {goal} ms p50")))
}

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0
}
