//! A node that knows ten thousand hotels and serves some of them.
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotelhub_tests::{House, get, patiently, until_served};
use tokio::time::sleep;

use super::standalone::resident_mib;
use crate::floor::Floor;
use crate::load::throughput;
use crate::report::Figure;
use crate::town;

/// Tenants that are known and nothing is read of.
const STRANGERS: usize = 10_000;

/// Hotels that are visited by the tenancy bench.
const VISITED: usize = 200;

/// Inserts the strangers, starts the node anew, warms the given hotels, and weighs the process.
pub(crate) async fn ten_thousand_known(house: &mut House, floor: &Floor, warm: &[String]) -> Result<Figure> {
    town::move_in(house, floor.central(), 1, STRANGERS).await?;
    for slug in warm {
        visit(house.node_port(), &get(&house.host(slug), "/api/v1/public/property", None)).await?;
    }
    let resident = resident_mib(house.node.id().context("the node ended")?)?;
    Ok(Figure::at_most("resident with 10,000 tenants known, 50 warm", resident, "MiB", 120.0, "<= 120 MiB"))
}

/// Weighs a node that knows ten thousand hotels, of which those up to `hotels` have databases: before it serves two hundred of them, while it
/// does, and when their connections have gone. It serves and does nothing else: who works looks into every hotel, also where there is no
/// database. The house's own node is stopped for it.
pub(crate) async fn two_hundred_come_and_go(house: &mut House, floor: &Floor, hotels: usize) -> Result<Vec<Figure>> {
    house.node.stop().await?;
    // It had all the connections there may be.
    house.retire("node-1").await?;
    town::announce(floor.central(), hotels + 1, STRANGERS).await?;
    let mut node = house.another_node("node-6", "serve").await?;
    let [port, metrics] = node.ports;
    town::until_known(port, house, hotels + 1, STRANGERS).await?;
    until_served(port, &house.host(&town::slug(hotels))).await?;
    let warm: Vec<usize> = (hotels.saturating_sub(VISITED)..hotels).map(|number| number + 1).collect();
    let weighed = || resident_mib(node.process.id().context("the node ended")?);
    // Once, so that what a program loads with its first guest is not counted for the two hundred.
    visit(port, &town::public(house, hotels)).await?;
    until_cold(house, metrics).await?;
    let before = weighed()?;
    for number in &warm {
        visit(port, &town::public(house, *number)).await?;
    }
    let most = weighed()?;
    until_cold(house, metrics).await?;
    let after = weighed()?;
    node.process.stop().await?;
    Ok(vec![
        Figure::at_most("resident with 10,000 tenants known, 200 warm", most, "MiB", 120.0, "<= 120 MiB"),
        Figure::at_most("the same when their connections have gone", after, "MiB", before * 1.05, "<= 1.05x before")
            .beside(before),
    ])
}

/// Waits until no hotel has a connection, which is closed a minute after the last guest, and until the system has what that freed: mimalloc
/// gives memory back a second later, when somebody asks it for some.
async fn until_cold(house: &House, metrics: u16) -> Result<()> {
    patiently(120, "the last connection is closed", async || {
        Ok((house.counted_at(metrics, "hotelhub_pool_connections").await? == 0.0).then_some(()))
    })
    .await?;
    for _ in 0..5 {
        sleep(Duration::from_secs(1)).await;
        house.counted_at(metrics, "hotelhub_pool_connections").await?;
    }
    Ok(())
}

/// Some requests at once, over two connections.
async fn visit(port: u16, request: &[u8]) -> Result<()> {
    throughput(port, request, 2, Duration::from_millis(100)).await.map(drop)
}
