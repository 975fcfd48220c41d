//! The control plane and the central database are gone: nodes serve on, start again, and a new one without a disk serves from its peer.
use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Connection, Hotel, Stock, get};
use serde_json::Value;

use crate::ground;

#[tokio::test(flavor = "multi_thread")]
async fn without_the_control_plane_a_node_starts_again_and_a_new_one_serves_from_its_peer() -> Result<()> {
    let (_servers, mut house) = ground::house("planes").await?;
    let hotels = [Hotel::open(&house, "melati").await?, Hotel::open(&house, "kenanga").await?];
    let stocks = [hotels[0].furnish(&[9]).await?, hotels[1].furnish(&[9]).await?];
    let papers = house.enrol("node-2", "serve").await?;
    house.until_reserved(&papers).await?;
    house.control.kill().await?;
    house.close_central().await?;

    book(&hotels, &stocks, house.node_port(), "left-alone").await?;
    house.node.stop().await?;
    house.restart_node().await?;
    book(&hotels, &stocks, house.node_port(), "started-again").await?;

    let mut second = house.start_beside(&papers).await?;
    book(&hotels, &stocks, second.ports[0], "without-a-disk").await?;
    let health = Connection::open(second.ports[0]).await?.send(&get("health.localhost", "/health", None)).await?;
    let health: Value = health.json(200)?;
    ensure!(health["checks"]["storage"] == "ok", "{health}");

    // What it took from its peer is its own now.
    house.node.stop().await?;
    second.process.stop().await?;
    let mut second = house.start_beside(&papers).await?;
    book(&hotels, &stocks, second.ports[0], "by-itself").await?;
    second.process.stop().await
}

/// A booking in each hotel, by the node at this port.
async fn book(hotels: &[Hotel], stocks: &[Stock], port: u16, key: &str) -> Result<()> {
    for (hotel, stock) in hotels.iter().zip(stocks) {
        let hotel = Hotel { port, ..hotel.clone() };
        let wish = stock.booking("Wayan Suarti", stock.room(0, 0, 1));
        hotel.post("/api/v1/bookings", key, &wish).await.with_context(|| format!("{key}: {}", hotel.host))?;
    }
    Ok(())
}
