//! A node that knows ten thousand hotels and serves some of them.
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotelhub_tests::{House, get, patiently};

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
        visit(house, &get(&house.host(slug), "/api/v1/public/property", None)).await?;
    }
    let resident = resident_mib(house.node.id().context("the node ended")?)?;
    Ok(Figure::at_most("resident with 10,000 tenants known, 50 warm", resident, "MiB", 120.0, "<= 120 MiB"))
}

/// Weighs a node that knows ten thousand hotels, of which those up to `hotels` have databases: before it serves two hundred of them, while it
/// does, and when their connections have gone.
pub(crate) async fn two_hundred_come_and_go(house: &mut House, floor: &Floor, hotels: usize) -> Result<Vec<Figure>> {
    town::move_in(house, floor.central(), hotels + 1, STRANGERS).await?;
    let warm: Vec<usize> = (hotels.saturating_sub(VISITED)..hotels).map(|number| number + 1).collect();
    let weighed = async |house: &House| {
        until_cold(house).await?;
        resident_mib(house.node.id().context("the node ended")?)
    };
    // Once, so that what a program loads with its first guest is not counted for the two hundred.
    visit(house, &town::public(house, hotels)).await?;
    let before = weighed(house).await?;
    for number in &warm {
        visit(house, &town::public(house, *number)).await?;
    }
    let most = resident_mib(house.node.id().context("the node ended")?)?;
    let after = weighed(house).await?;
    Ok(vec![
        Figure::at_most("resident with 10,000 tenants known, 200 warm", most, "MiB", 120.0, "<= 120 MiB"),
        Figure::at_most("the same when their connections have gone", after, "MiB", before * 1.05, "<= 1.05x before")
            .beside(before),
    ])
}

/// Waits until no hotel has a connection: they are closed a minute after the last guest.
async fn until_cold(house: &House) -> Result<()> {
    patiently(120, "the last connection is closed", async || {
        Ok((house.counted("hotelhub_pool_connections").await? == 0.0).then_some(()))
    })
    .await
}

/// Some requests at once, over two connections.
async fn visit(house: &House, request: &[u8]) -> Result<()> {
    throughput(house.node_port(), request, 2, Duration::from_millis(100)).await.map(drop)
}
