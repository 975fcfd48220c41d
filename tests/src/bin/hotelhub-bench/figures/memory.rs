//! A node that knows ten thousand hotels and serves fifty.
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotelhub_tests::{House, get};

use super::standalone::resident_mib;
use crate::floor::Floor;
use crate::load::throughput;
use crate::report::Figure;
use crate::town;

/// Tenants that are known and nothing is read of.
const STRANGERS: usize = 10_000;

/// Inserts the strangers, starts the node anew, warms the given hotels, and weighs the process.
pub(crate) async fn ten_thousand_known(house: &mut House, floor: &Floor, warm: &[String]) -> Result<Figure> {
    town::move_in(house, floor.central(), 1, STRANGERS).await?;
    for slug in warm {
        visit(house, &get(&house.host(slug), "/api/v1/public/property", None)).await?;
    }
    let resident = resident_mib(house.node.id().context("the node ended")?)?;
    Ok(Figure::at_most("resident with 10,000 tenants known, 50 warm", resident, "MiB", 120.0, "<= 120 MiB"))
}

/// Some requests at once, over two connections.
async fn visit(house: &House, request: &[u8]) -> Result<()> {
    throughput(house.node_port(), request, 2, Duration::from_millis(100)).await.map(drop)
}
