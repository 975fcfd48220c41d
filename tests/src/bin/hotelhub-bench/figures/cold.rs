//! The first request of a tenant that nobody asked for yet.
use std::time::Instant;

use anyhow::Result;
use hotelhub_tests::House;

use crate::compare::Compared;
use crate::floor::Floor;
use crate::report::Figure;
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
    let mut pairs = Vec::new();
    for (slug, beside) in slugs.iter().zip(untouched) {
        let database = house.database_of(beside).await?;
        let mut node = Connection::open(house.node_port()).await?;
        let start = Instant::now();
        node.send(&get(&house.host(slug), DOOR, None)).await?.json(200)?;
        let ours = start.elapsed().as_secs_f64() * 1_000.0;
        let start = Instant::now();
        floor.cold_query(&database).await?;
        pairs.push((ours, start.elapsed().as_secs_f64() * 1_000.0));
    }
    Ok(Figure::ratio_at_most(
        "first request of a cold tenant",
        "ms",
        &Compared::of(&pairs),
        1.5,
        "<= 1.5x connect + the same query cold",
    ))
}

/// Two hundred requests at once to a cold tenant.
pub(crate) async fn two_hundred_at_once(house: &House, floor: &Floor, slug: &str, pool: i64) -> Result<Vec<Figure>> {
    let database = house.database_of(slug).await?;
    let mut guests = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (port, request) = (house.node_port(), get(&house.host(slug), DOOR, None));
        guests.spawn(async move { Connection::open(port).await?.send(&request).await });
    }
    let mut errors = 0_u32;
    while let Some(reply) = guests.join_next().await {
        errors += u32::from(!matches!(reply?, Ok(reply) if reply.status == 200));
    }
    let backends = floor.backends(&database).await?;
    #[expect(clippy::cast_precision_loss, reason = "a handful of connections")]
    let open = backends as f64;
    Ok(vec![
        Figure::exact("200 at once on a cold tenant: errors", f64::from(errors), "requests", errors == 0, "0"),
        Figure::exact("200 at once on a cold tenant: connections", open, "backends", backends <= pool, "<= pool size"),
    ])
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
