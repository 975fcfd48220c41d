//! A node that starts again remembers who was asked for most.
use anyhow::{Result, ensure};
use hotelhub_tests::{Connection, Hotel, connect, get, patiently};

use crate::ground;

const WARM: &str = "the hotels that were asked for most have a connection";

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_starts_again_is_connected_to_its_hotels_before_anybody_asks() -> Result<()> {
    let (_servers, mut house) = ground::house("warmth").await?;
    let hotel = Hotel::open(&house, "melati").await?;
    let request = get(&hotel.host, "/api/v1/public/property", None);
    ensure!(Connection::open(hotel.port).await?.send(&request).await?.status == 200, "the hotel is served");
    house.node.stop().await?;
    house.control.kill().await?;
    ensure!(!house.node.said().contains(WARM), "at first nobody knows whom to expect");
    house.restart_node().await?;
    patiently(60, "the hotel is warm", async || Ok(house.node.said().contains(WARM).then_some(()))).await?;
    let server = connect(&house.central_dsn()).await?;
    let open = "select count(*) from pg_stat_activity where datname = $1 and application_name = 'hotelhub'";
    let open: i64 = server.query_one(open, &[&house.database_of("melati").await?]).await?.get(0);
    ensure!(open > 0, "no connection to the hotel's database");
    house.restart_control().await?;
    house.stop().await
}
