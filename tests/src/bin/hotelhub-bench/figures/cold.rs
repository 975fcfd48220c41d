//! The first request of a tenant that nobody asked for yet.
use std::time::Instant;

use anyhow::{Result, ensure};
use hotelhub_tests::House;

use crate::compare::{Compared, percentile};
use crate::floor::Floor;
use crate::report::Figure;
use crate::town;
use hotelhub_tests::{Connection, get, sign_up};

/// What the public hotel door reads: the same statement is sent directly for the floor.
const DOOR: &str = "/api/v1/public/property";

/// Each tenant's first request beside a direct connection with the same read to another database that nobody has opened: whoever is the
/// second in a database finds its catalogue read.
pub(crate) async fn first_request(
    house: &House,
    floor: &Floor,
    slugs: &[String],
    untouched: &[String],
) -> Result<Figure> {
    let pairs = pairs(house, floor, slugs, untouched).await?;
    Ok(Figure::ratio_at_most(
        "first request of a cold tenant",
        "ms",
        &Compared::of(&pairs),
        1.5,
        "<= 1.5x connect + the same query cold",
    ))
}

/// The same of ready-made hotels: the ratio, and the slowest in a hundred.
pub(crate) async fn first_requests_of_many(house: &House, floor: &Floor, hotels: &[usize]) -> Result<Vec<Figure>> {
    let slugs: Vec<String> = hotels.iter().map(|number| town::slug(*number)).collect();
    let (slugs, untouched) = slugs.split_at(slugs.len() / 2);
    let pairs = pairs(house, floor, slugs, untouched).await?;
    let [ours, floors] =
        [pairs.iter().map(|pair| pair.0).collect::<Vec<_>>(), pairs.iter().map(|pair| pair.1).collect::<Vec<_>>()]
            .map(|times| percentile(&times, 99));
    Ok(vec![
        Figure::ratio_at_most(
            "first request of a cold tenant, of many",
            "ms",
            &Compared::of(&pairs),
            1.3,
            "<= 1.3x connect + the same query cold",
        ),
        Figure::at_most("the same, p99", ours, "ms", 50.0, "<= 50 ms").beside(floors),
    ])
}

/// Cold tenants asked at once, each by a guest of its own.
pub(crate) async fn all_at_once(house: &House, hotels: &[usize]) -> Result<Figure> {
    let errors = errors(house, hotels.iter().map(|number| town::public(house, *number)).collect()).await?;
    Ok(Figure::exact(
        format!("{} cold tenants at once: errors", hotels.len()),
        f64::from(errors),
        "requests",
        errors == 0,
        "0",
    ))
}

/// How long the first request of each took, in milliseconds, beside the floor.
async fn pairs(house: &House, floor: &Floor, slugs: &[String], untouched: &[String]) -> Result<Vec<(f64, f64)>> {
    let mut pairs = Vec::new();
    for (slug, beside) in slugs.iter().zip(untouched) {
        let [asked, database] = [house.database_of(slug).await?, house.database_of(beside).await?];
        ensure!(floor.backends(&asked).await? == 0, "{slug} is not cold: somebody is in its database");
        let mut node = Connection::open(house.node_port()).await?;
        let start = Instant::now();
        node.send(&get(&house.host(slug), DOOR, None)).await?.json(200)?;
        let ours = start.elapsed().as_secs_f64() * 1_000.0;
        let start = Instant::now();
        floor.cold_query(&database).await?;
        pairs.push((ours, start.elapsed().as_secs_f64() * 1_000.0));
    }
    Ok(pairs)
}

/// How many of these requests, all made at once, are not answered 200.
async fn errors(house: &House, requests: Vec<Vec<u8>>) -> Result<u32> {
    let mut guests = tokio::task::JoinSet::new();
    for request in requests {
        let port = house.node_port();
        guests.spawn(async move { Connection::open(port).await?.send(&request).await });
    }
    let mut errors = 0;
    while let Some(reply) = guests.join_next().await {
        errors += u32::from(!matches!(reply?, Ok(reply) if reply.status == 200));
    }
    Ok(errors)
}

/// Two hundred requests at once to a cold tenant.
pub(crate) async fn two_hundred_at_once(house: &House, floor: &Floor, slug: &str, pool: i64) -> Result<Vec<Figure>> {
    let database = house.database_of(slug).await?;
    let errors = errors(house, vec![get(&house.host(slug), DOOR, None); 200]).await?;
    let backends = floor.backends(&database).await?;
    #[expect(clippy::cast_precision_loss, reason = "a handful of connections")]
    let open = backends as f64;
    Ok(vec![
        Figure::exact("200 at once on a cold tenant: errors", f64::from(errors), "requests", errors == 0, "0"),
        Figure::exact("200 at once on a cold tenant: connections", open, "backends", backends <= pool, "<= pool size"),
    ])
}

/// Waits until the node has let go of these hotels.
pub(crate) async fn until_left(house: &House, floor: &Floor, slugs: &[String]) -> Result<()> {
    let mut databases = Vec::new();
    for slug in slugs {
        databases.push(house.database_of(slug).await?);
    }
    floor.wait_until_left(&databases).await
}

/// Signs up hotels that nobody visits.
pub(crate) async fn strangers(house: &House, floor: &Floor, count: usize) -> Result<Vec<String>> {
    let mut slugs = Vec::new();
    for i in 0..count {
        floor.wait_for_ready_databases(1).await?;
        let slug = format!("sunyi-{i}");
        sign_up(house, &slug).await?;
        slugs.push(slug);
    }
    floor.wait_until_live(slugs.last().map_or("", String::as_str)).await?;
    Ok(slugs)
}
